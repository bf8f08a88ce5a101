#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace rtbatch {

/// What the processes of a host tell each other so that nobody needs to ask the database again and again: a
/// datagram to all of them, over multicast on the loopback interface. Only ever a hint to look: it may be
/// lost, may come from another deployment of the host, and does not reach other hosts.
class Bell {
public:
    using Listener = std::function<void(std::string_view message)>;

    /// Ends the listening when it goes; no call is under way any more then.
    class Subscription {
    public:
        Subscription(Bell& bell, Listener listener);
        ~Subscription();
        Subscription(const Subscription&) = delete;
        Subscription& operator=(const Subscription&) = delete;

    private:
        Bell& _bell;
        std::list<Listener>::iterator _place;
    };

    Bell();   ///< never throws for want of a network: then works() is false
    ~Bell();  ///< after all subscriptions
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;

    /// From here on it is heard by those of this deployment, and hears them; before, nobody. Only the first
    /// call counts.
    void join(const std::string& deployment);

    /// To all other processes of the deployment on this host. At most 1,200 bytes; never blocks.
    void ring(std::string_view message) const;

    /// True once it has heard itself, after join(). Never where the system has no such network, or a firewall
    /// in it; then who waits must look for himself more often.
    bool works() const { return _echoed; }
    bool joined() const { return _joined; }

private:
    void open();
    void send(std::string_view message) const;
    void run();

    const std::string _sign;  // so that nobody answers his own bell
    std::string _deployment;  // written once, before _joined
    std::atomic<bool> _joined = false;
    std::atomic<bool> _echoed = false;
    int _receiver = -1;
    int _sender = -1;
    int _wake = -1;
    std::mutex _mutex;
    std::list<Listener> _listeners;  // guarded by _mutex
    std::jthread _thread;
};

}  // namespace rtbatch
