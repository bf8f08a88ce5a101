// The benchmarks are Catch test cases that ctest does not know: `rtbatch-bench [hits]` runs those of a tag.

#define CATCH_CONFIG_RUNNER
#include <sys/resource.h>

#include <catch2/catch.hpp>

int main(int argc, char** argv) {
    // Thousands of streams are a descriptor each, here and in nginx.
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &files);
    }
    return Catch::Session().run(argc, argv);
}
