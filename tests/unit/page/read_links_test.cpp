#include "common/page/read_links.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "common/page/read_page.h"

using namespace rtbatch;

namespace {

/// The ids, parted by blanks; in parentheses why there are none.
std::string shown(const Links& links) {
    if (const auto* unreadable = std::get_if<Unreadable>(&links)) {
        return "(" + unreadable->reason + ")";
    }
    std::string text;
    for (const RtId& id : std::get<std::vector<RtId>>(links)) {
        text += (text.empty() ? "" : " ") + id.text();
    }
    return text;
}

std::string linksIn(const std::string& body) {
    return shown(
        readLinks("<!DOCTYPE html><html><head><title>x</title></head><body>" + body + "</body></html>"));
}

std::string link(const std::string& href) {
    return "<p><a href=\"" + href + "\">A film</a></p>";
}

}  // namespace

TEST_CASE("A link leads to a film or a series however it is written, and to nothing else") {
    const auto text = [](const std::string& href) {
        const auto id = rtIdOfLink(href);
        return id ? id->text() : "";
    };
    for (const std::string href :
         {"/m/heat", "/m/heat/", "https://www.rottentomatoes.com/m/heat", "http://rottentomatoes.com/m/heat",
          "//www.rottentomatoes.com/m/heat", "/m/heat?cmp=x", "/m/heat#reviews",
          "https://www.rottentomatoes.com/m/heat/?a=/m/other"}) {
        CAPTURE(href);
        CHECK(text(href) == "m/heat");
    }
    CHECK(text("/tv/the_pitt/s02") == "tv/the_pitt/s02");
    for (const std::string href :
         {"", "#", "m/heat", "/m/", "/m/heat/reviews", "/celebrity/al_pacino", "//elsewhere.example/m/heat",
          "https://www.rottentomatoes.com.elsewhere.example/m/heat", "https:/m/heat", "javascript:void(0)",
          "https://www.rottentomatoes.com", "/m/../admin", "ftp://www.rottentomatoes.com/m/heat"}) {
        CAPTURE(href);
        CHECK(text(href).empty());
    }
}

TEST_CASE("Films are given once, in the order of the page") {
    CHECK(linksIn(link("/m/b") + link("/m/a") + link("/m/b") + link("/celebrity/x") + link("/tv/c")) ==
          "m/b m/a tv/c");
}

TEST_CASE("Of a page with a main part only the links inside count") {
    CHECK(
        linksIn(link("/m/trending") + "<main id=\"main_container\"><div class=\"discovery-tiles\">" +
                "<a class=\"js-tile-link\" href=\"/m/a\"><tile-dynamic><rt-img></rt-img></tile-dynamic></a>"
                "<div class=\"js-tile-link\"><tile-dynamic><button>Play</button><a href=\"/m/b\" "
                "slot=\"caption\">B</a></tile-dynamic></div><rt-link href=\"/m/c\">C</rt-link></div></main>" +
                link("/m/below")) == "m/a m/b m/c");
}

TEST_CASE("Menus and footers hold the films of the week, wherever they are") {
    CHECK(linksIn("<rt-header>" + link("/m/menu") + "</rt-header><header>" + link("/m/head") +
                  "</header><nav><ul><li>" + link("/m/nav") + "</li></ul></nav>" + link("/m/a") + "<aside>" +
                  link("/m/aside") + "</aside><footer>" + link("/m/foot") + "</footer>") == "m/a");
    CHECK(linksIn("<main><nav>" + link("/m/nav") + "</nav>" + link("/m/a") + "</main>") == "m/a");
}

TEST_CASE("A page without films lists none, and one that does not end cannot be read") {
    CHECK(linksIn("<p>Nothing here.</p>").empty());
    CHECK(shown(readLinks("")) == "(cut off: the page does not end)");
    CHECK(shown(readLinks("<html><body>" + link("/m/a"))) == "(cut off: the page does not end)");
    CHECK(shown(readLinks(std::string(kMaxPageBytes + 1, ' '))) == "(longer than any page of the site)");
}

TEST_CASE("A page with more films than there are is cut at a bound") {
    std::string many;
    for (std::size_t i = 0; i < kMaxLinks + 10; ++i) {
        many += "<a href=\"/m/film_" + std::to_string(i) + "\">x</a>\n";
    }
    const Links links = readLinks("<html><body>" + many + "</body></html>");
    CHECK(std::get<std::vector<RtId>>(links).size() == kMaxLinks);
}

TEST_CASE("The answer of the reader's process comes back as it was") {
    const Links links = std::vector{RtId::parse("m/heat").value(), RtId::parse("tv/dark/s01").value()};
    CHECK(renderLinks(links) == "[\"m/heat\",\"tv/dark/s01\"]\n");
    CHECK(shown(parseLinks(renderLinks(links))) == "m/heat tv/dark/s01");
    CHECK(renderLinks(std::vector<RtId>{}) == "[]\n");
    CHECK(shown(parseLinks("[]\n")).empty());
    CHECK(renderLinks(Unreadable{"cut off"}) == "{\"unreadable\":\"cut off\"}\n");
    CHECK(shown(parseLinks(renderLinks(Unreadable{"cut off"}))) == "(cut off)");
}

TEST_CASE("An answer that a page may have forged is not believed") {
    std::string many = "[\"m/a\"";
    for (std::size_t i = 0; i < kMaxLinks; ++i) {
        many += ",\"m/a\"";
    }
    for (const std::string& line :
         {std::string("[\"m/../admin\"]"), std::string("[7]"), std::string("[null]"),
          std::string("[[\"m/a\"]]"),
          std::string("{\"title\":\"Heat\",\"year\":1995,\"criticScore\":1,\"audienceScore\":1,\"certified\":"
                      "false,\"consensus\":null,\"from\":{}}"),
          std::string("[\"m/a\""), std::string(), std::string("99999999999999999999999"), many + "]"}) {
        CAPTURE(line.substr(0, 80));
        CHECK(std::holds_alternative<Unreadable>(parseLinks(line)));
    }
}
