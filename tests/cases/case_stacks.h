#pragma once

#include <memory>
#include <string>

#include "tests/cases/case_file.h"
#include "tests/support/mariadb.h"
#include "tests/support/nginx.h"
#include "tests/support/stack.h"
#include "tests/support/temp_dir.h"

namespace rtbatch::test {

/// The stacks that cases name (README.md), each started when it is first asked for, with what it needs in its
/// database.
class CaseStacks {
public:
    /// Where the case is to be sent to. Throws CaseFault when there is no stack of its name.
    Endpoint endpointFor(const Case& wanted);

    /// The texts of the keys, as cases name them.
    static CaseNames names();

private:
    Stack& find(const std::string& name);
    Stack& plain();
    Stack& quick();
    Stack& away();
    Stack& stopped();
    Stack& full();
    Endpoint crowded(const Case& wanted);

    MariaDb _mariadb;
    std::unique_ptr<Stack> _plain, _quick, _away, _stopped, _full;
    std::unique_ptr<HttpClient> _filling;  ///< the one stream that `full` has room for
    TempDir _crowdedDir;
    std::unique_ptr<Nginx> _crowded;
};

}  // namespace rtbatch::test
