#include "common/fetch/fair_queue.h"

#include <catch2/catch.hpp>
#include <list>
#include <string>
#include <vector>

#include "common/fetch/fetcher.h"

using namespace rtbatch;

namespace {

struct Lane : FlightListener {
    explicit Lane(std::string whose = "") : _account(std::move(whose)) {}
    std::string_view account() const override { return _account; }
    void landed(const ImdbId& /*id*/, const std::shared_ptr<const FlightResult>& /*result*/) override {}

private:
    const std::string _account;
};

std::shared_ptr<Flight> flight(int number) {
    return std::make_shared<Flight>(Flight{.id = *ImdbId::parse("tt" + std::to_string(1000000 + number))});
}

int pop(FairQueue& queue) {
    const auto next = queue.pop();
    return next ? std::stoi(next->id.string().substr(2)) - 1000000 : -1;
}

}  // namespace

TEST_CASE("lanes take turns, each in its own order") {
    FairQueue queue;
    const Lane big;
    const Lane small;
    for (int i = 1; i <= 4; ++i) {
        queue.push(&big, Priority::people, flight(i));
    }
    queue.push(&small, Priority::people, flight(10));
    queue.push(&small, Priority::people, flight(11));
    std::vector<int> order;
    while (!queue.empty()) {
        order.push_back(pop(queue));
    }
    CHECK(order == std::vector{1, 10, 2, 11, 3, 4});
    CHECK(pop(queue) == -1);
}

TEST_CASE("people's lanes go before the refresher's") {
    FairQueue queue;
    const Lane refresher;
    const Lane person;
    queue.push(&refresher, Priority::refresher, flight(1));
    CHECK(queue.mostUrgent() == Priority::refresher);
    queue.push(&person, Priority::people, flight(2));
    queue.push(&person, Priority::people, flight(3));
    CHECK(queue.mostUrgent() == Priority::people);
    CHECK(queue.size(Priority::people) == 2);
    CHECK(queue.size(Priority::refresher) == 1);
    CHECK(pop(queue) == 2);
    CHECK(pop(queue) == 3);
    CHECK(pop(queue) == 1);
}

TEST_CASE("a lane that is dropped takes its flights along, and the others keep their turn") {
    FairQueue queue;
    const Lane first;
    const Lane second;
    queue.push(&first, Priority::people, flight(1));
    queue.push(&second, Priority::people, flight(2));
    queue.push(&first, Priority::people, flight(3));
    queue.drop(&first);
    queue.drop(&first);
    CHECK(pop(queue) == 2);
    CHECK(queue.empty());
    queue.push(&first, Priority::people, flight(4));
    CHECK(pop(queue) == 4);
}

TEST_CASE("accounts take turns, however many lanes each has") {
    FairQueue queue;
    std::list<Lane> many;
    for (int i = 0; i < 420; ++i) {
        many.emplace_back("1");
        queue.push(&many.back(), Priority::people, flight(i));
        queue.push(&many.back(), Priority::people, flight(1000 + i));
    }
    const Lane first("2");
    const Lane second("2");
    queue.push(&first, Priority::people, flight(5000));
    queue.push(&second, Priority::people, flight(5001));
    CHECK(queue.sizeOf("1") == 840);
    CHECK(queue.sizeOf("2") == 2);
    std::vector<int> order;
    for (int i = 0; i < 6; ++i) {
        order.push_back(pop(queue));
    }
    CHECK(order == std::vector{0, 5000, 1, 5001, 2, 3});
    CHECK(queue.sizeOf("1") == 836);
    CHECK(queue.sizeOf("2") == 0);
    for (const Lane& lane : many) {
        queue.drop(&lane);
    }
    CHECK(queue.empty());
    CHECK(queue.sizeOf("1") == 0);
}
