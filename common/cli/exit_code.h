#pragma once

#include <stdexcept>

namespace rtbatch {

/// How a program ends, after sysexits.h. A program's `--help` lists those that it uses.
enum class ExitCode {
    ok = 0,
    failed = 1,        ///< what the program itself calls a failure
    usage = 64,        ///< the command line is not understood
    data = 65,         ///< a file that the user gave has bad content
    noInput = 66,      ///< a file that the user gave is not there, or may not be read
    unavailable = 69,  ///< the database is away or refuses
    software = 70,     ///< a defect of ours
    inputOutput = 74,  ///< the answer could not be written
    tempFail = 75,     ///< not now; the same may do later
    config = 78,       ///< a setting is wrong
};

/// The command line is not understood; the message says what is wrong with it.
class UsageError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A file that the user gave is not there or may not be read; the message names it.
class NoInputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A file that the user gave has bad content; the message names the file and the place.
class DataError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace rtbatch
