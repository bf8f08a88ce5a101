#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rtbatch {

/// A page as tidy-html5 understands it. Made for pages that nobody vouches for, but only as far as tidy
/// allows: a crafted page overruns the stack inside the parser. So it is used only in the page reader's own
/// process.
class Document {
public:
    /// An element of this document, by its place in document order.
    struct Element {
        std::size_t index;
    };

    /// An element or a text inside another element.
    struct Part {
        Element element;
        std::size_t end;        ///< what it holds are the parts whose index is less
        std::string_view name;  ///< lower case; empty for text. Lives as long as the document.
        std::string text;       ///< of a text, decoded
    };

    /// `html` is valid UTF-8 without NULs. What stands in <template> and <noscript> is no part of the page:
    /// none of these functions finds it.
    explicit Document(std::string_view html);
    ~Document();
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    /// The elements of that name (lower case) in document order; only those inside `within`, if given.
    std::vector<Element> named(std::string_view name, std::optional<Element> within = std::nullopt) const;

    /// The first of named(), or nothing.
    std::optional<Element> firstNamed(std::string_view name,
                                      std::optional<Element> within = std::nullopt) const;

    /// The elements with that id. Pages do repeat ids.
    std::vector<Element> withId(std::string_view id) const;

    /// An attribute's value, decoded; empty for one without a value; nothing when it is not there.
    std::optional<std::string> attribute(Element element, std::string_view name) const;

    /// All text inside, decoded: that of a script to the letter; elsewhere scripts and styles are left out
    /// and anything but inline markup parts words.
    std::string text(Element element) const;

    /// All that is inside, in document order; comments are left out.
    std::vector<Part> partsOf(Element element) const;

private:
    class Tree;
    std::unique_ptr<Tree> _tree;
};

/// tidy has no way to report that memory ran out: it ends the process. From here on with kExitMemory.
void exitWhenOutOfMemory();

}  // namespace rtbatch
