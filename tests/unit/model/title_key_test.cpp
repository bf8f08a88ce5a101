#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "common/model/html_entities.h"
#include "common/model/title_key.h"

using namespace rtbatch;

namespace {

void checkSame(const std::string& a, const std::string& b) {
    CAPTURE(a, b);
    CHECK(titleKey(a) == titleKey(b));
}

void checkDifferent(const std::string& a, const std::string& b) {
    CAPTURE(a, b);
    CHECK(titleKey(a) != titleKey(b));
}

}  // namespace

TEST_CASE("titles that are written differently are the same") {
    checkSame("Salt & Stone", "Salt &amp; Stone");
    checkSame("Salt & Stone", "Salt &amp;amp; Stone");
    checkSame("Salt & Stone", "Salt and Stone");
    checkSame("Salt & Stone", "SALT&STONE");
    checkSame("Emilia P\u00E9rez", "Emilia Pe\u0301rez");
    checkSame("Emilia Pérez", "EMILIA PEREZ");
    checkSame("Ocean's Eleven", "Ocean\u2019s Eleven");
    checkSame("Ocean's Eleven", "Ocean&#39;s Eleven");
    checkSame("8½", "8 1/2");
    checkSame("8½", "8 &frac12;");
    checkSame("Alien³", "Alien 3");
    checkSame("WALL·E", "Wall-E");
    checkSame("Straße", "STRASSE");
    checkSame("ΟΔΟΣ", "οδος");
    checkSame("Сталкер", "СТАЛКЕР");
    checkSame("Ｈｅａｔ", "Heat");
    checkSame("Ajeossi…", "Ajeossi...");
    checkSame("Smørrebrød", "Smorrebrod");
    checkSame("Człowiek z marmuru", "Czlowiek z Marmuru");
    checkSame("İstanbul", "istanbul");
    checkSame("20,000 Leagues", "20000 Leagues");
    checkSame("The LEGO® Movie™", "The Lego Movie");
    checkSame("soft\u00ADhyphen", "softhyphen");
}

TEST_CASE("titles that differ stay different") {
    const std::pair<const char*, const char*> pairs[] = {{"Alien", "Aliens"},
                                                         {"1922", "2046"},
                                                         {"Up", "Us"},
                                                         {"M", "Ma"},
                                                         {"$", "..."},
                                                         {"!", "?"},
                                                         {"...", ".."},
                                                         {"2:22", "222"},
                                                         {"8½", "81/2"},
                                                         {"8½", "8"},
                                                         {"X", "X2"},
                                                         {"Se7en", "Seven"},
                                                         {"Rocky", "Rocky II"},
                                                         {"Вий", "Вии"},
                                                         {"がん", "かん"},
                                                         {"$9.99", "9:99"},
                                                         {"Quiet Harbor", "Quiet Harbor 2"},
                                                         {"1,00", "100"},
                                                         {"हम", "हिम"},
                                                         {"七人の侍", "八人の侍"},
                                                         {"R&B", "RB"},
                                                         {"C", "C++"},
                                                         {"A+", "A"},
                                                         {"", "."}};
    for (const auto& [a, b] : pairs) {
        checkDifferent(a, b);
    }
}

TEST_CASE("the key of broken UTF-8 is the text itself") {
    CHECK(titleKey("L\xF6we") == "L\xF6we");
    CHECK(titleKey("").empty());
}

TEST_CASE("character references are decoded, and nothing else") {
    CHECK(decodeEntities("Salt &amp; Stone") == "Salt & Stone");
    CHECK(decodeEntities("&quot;Caf&eacute;&quot; &ndash; &#8217;&#x2019;&#X41;") == "\"Café\" – ’’A");
    CHECK(decodeEntities("&amp;amp;quot;") == "\"");
    CHECK(decodeEntities("&Eacute;&eacute;&sup3;&frac12;&thetasym;") == "Éé³½ϑ");
    for (const std::string plain : {"R&B", "AT&T;", "&", "&;", "a & b; c", "&amp", "&#;", "&#x;", "&#0;",
                                    "&#xD800;", "&#x110000;", "&#12a;", "&#-65;", "&nosuchname;", "&AMP"}) {
        CAPTURE(plain);
        CHECK(decodeEntities(plain) == plain);
    }
}
