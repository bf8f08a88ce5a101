// Poco comes without ThreadSanitizer's instruments, so that its reference counts are not seen to order
// anything: when the accepting thread is the last to let go of a socket, freeing it looks like a race with
// whoever used it.
#if defined(__SANITIZE_THREAD__)

extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's own name

extern "C" const char* __tsan_default_suppressions() {  // NOLINT: likewise
    return "race:Poco::Net::TCPServer::run\n";
}

#endif
