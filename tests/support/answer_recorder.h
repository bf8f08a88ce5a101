#pragma once

#include <string>

#include "tests/support/http_response.h"

namespace rtbatch::test {

/// Appends an answer that came whole to `$RTBATCH_RECORD_ANSWERS/<pid>.jsonl`, one line of JSON each, for
/// tests/openapi/check_answers.py; nothing without that variable. Leaves out what is neither the
/// handler's nor nginx's, bodies over a megabyte, and all
/// after a program's thousandth answer: load is the same again and again. Safe from any thread.
void recordAnswer(const std::string& method, const std::string& path, const HttpResponse& response);

}  // namespace rtbatch::test
