#include "common/page/document.h"

#include <tidy/tidy.h>
#include <tidy/tidybuffio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>

#include "common/page/exit_codes.h"

namespace rtbatch {

namespace {

/// tidy's growing buffer, freed when it goes.
class Buffer {
public:
    Buffer() { tidyBufInit(&_buffer); }
    ~Buffer() { tidyBufFree(&_buffer); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    TidyBuffer* get() { return &_buffer; }
    std::string_view view() const {
        return _buffer.bp == nullptr
                   ? std::string_view()
                   : std::string_view(reinterpret_cast<const char*>(_buffer.bp), _buffer.size);
    }

private:
    TidyBuffer _buffer{};
};

/// The attribute's value, "" for one without a value, null when it is not there.
const char* attributeOf(TidyNode node, std::string_view name) {
    for (TidyAttr attr = tidyAttrFirst(node); attr != nullptr; attr = tidyAttrNext(attr)) {
        const char* attrName = tidyAttrName(attr);
        if (attrName != nullptr && name == attrName) {
            const char* value = tidyAttrValue(attr);
            return value == nullptr ? "" : value;
        }
    }
    return nullptr;
}

constexpr std::array<std::string_view, 15> kInline{
    "a", "abbr", "b", "bdi", "cite", "code", "em", "i", "mark", "small", "strong", "sub", "sup", "u", "span"};

bool isInline(std::string_view name) {
    return std::find(kInline.begin(), kInline.end(), name) != kInline.end();
}

bool isUnseen(std::string_view name) {
    return name == "script" || name == "style";
}

/// What a browser does not show as the page: a template is raw material, often a skeleton of what the page
/// has elsewhere.
bool isNoPartOfPage(std::string_view name) {
    return name == "template" || name == "noscript";
}

}  // namespace

/// The parsed tree laid out flat in document order: a subtree is a range, and walking it needs no recursion,
/// which a deeply nested page would turn against us.
class Document::Tree {
public:
    struct Node {
        TidyNode handle;
        std::string_view name;  ///< empty: text
        std::size_t end;        ///< one past the last node of this subtree
    };

    explicit Tree(std::string_view html) : _document(tidyCreate()) {
        if (_document == nullptr) {
            throw std::bad_alloc();
        }
        setOptions();
        // tidyParseBuffer reads in place; the buffer is only borrowed, and never written to.
        Buffer input;
        auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(html.data()));
        tidyBufAttach(input.get(), bytes, static_cast<unsigned>(html.size()));
        tidyParseBuffer(_document, input.get());
        tidyBufDetach(input.get());
        flatten();
    }
    ~Tree() { tidyRelease(_document); }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    const std::vector<Node>& nodes() const { return _nodes; }

    std::string value(const Node& node) const {
        Buffer out;
        return tidyNodeGetValue(_document, node.handle, out.get()) == yes ? std::string(out.view())
                                                                          : std::string();
    }

private:
    void setOptions() {
        // Without this option custom elements, the scorecard among them, vanish from the tree.
        tidyOptSetInt(_document, TidyUseCustomTags, TidyCustomBlocklevel);
        tidyOptSetValue(_document, TidyInCharEncoding, "utf8");
        tidyOptSetBool(_document, TidyDropEmptyElems, no);
        tidyOptSetBool(_document, TidyDropEmptyParas, no);
        tidyOptSetBool(_document, TidyQuiet, yes);
        tidyOptSetBool(_document, TidyShowWarnings, no);
        tidyOptSetInt(_document, TidyShowErrors, 0);
        tidySetErrorBuffer(_document, _messages.get());
    }

    void flatten() {
        std::vector<std::size_t> open;
        TidyNode node = tidyGetChild(tidyGetRoot(_document));
        while (node != nullptr) {
            add(node);
            TidyNode next = isNoPartOfPage(_nodes.back().name) ? nullptr : tidyGetChild(node);
            if (next != nullptr) {
                open.push_back(_nodes.size() - 1);
            }
            while (next == nullptr && node != nullptr) {
                next = tidyGetNext(node);
                if (next == nullptr) {
                    node = tidyGetParent(node);
                    if (open.empty()) {
                        node = nullptr;
                    } else {
                        _nodes[open.back()].end = _nodes.size();
                        open.pop_back();
                    }
                }
            }
            node = next;
        }
    }

    void add(TidyNode node) {
        const TidyNodeType type = tidyNodeGetType(node);
        const bool isElement = type == TidyNode_Start || type == TidyNode_StartEnd;
        const bool isText = type == TidyNode_Text || type == TidyNode_CDATA;
        const char* name = isElement ? tidyNodeGetName(node) : nullptr;
        // Comments and declarations keep their place as nodes without a name and are no text either.
        const std::string_view kind = name != nullptr ? name : (isText ? "" : "#other");
        _nodes.push_back({node, kind, _nodes.size() + 1});
    }

    TidyDoc _document;
    Buffer _messages;
    std::vector<Node> _nodes;
};

Document::Document(std::string_view html) : _tree(std::make_unique<Tree>(html)) {}

Document::~Document() = default;

std::vector<Document::Element> Document::named(std::string_view name, std::optional<Element> within) const {
    const auto& nodes = _tree->nodes();
    const std::size_t begin = within ? within->index + 1 : 0;
    const std::size_t end = within ? nodes[within->index].end : nodes.size();
    std::vector<Element> found;
    for (std::size_t i = begin; i < end; ++i) {
        if (nodes[i].name == name) {
            found.push_back({i});
        }
    }
    return found;
}

std::optional<Document::Element> Document::firstNamed(std::string_view name,
                                                      std::optional<Element> within) const {
    const auto found = named(name, within);
    return found.empty() ? std::nullopt : std::optional(found.front());
}

std::vector<Document::Element> Document::withId(std::string_view id) const {
    const auto& nodes = _tree->nodes();
    std::vector<Element> found;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const char* value = nodes[i].name.empty() ? nullptr : attributeOf(nodes[i].handle, "id");
        if (value != nullptr && id == value) {
            found.push_back({i});
        }
    }
    return found;
}

std::optional<std::string> Document::attribute(Element element, std::string_view name) const {
    const char* value = attributeOf(_tree->nodes()[element.index].handle, name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string Document::text(Element element) const {
    const auto& nodes = _tree->nodes();
    const Tree::Node& top = nodes[element.index];
    std::string out;
    for (std::size_t i = element.index + 1; i < top.end; ++i) {
        const Tree::Node& node = nodes[i];
        if (node.name.empty()) {
            out += _tree->value(node);
        } else if (isUnseen(node.name)) {
            i = node.end - 1;
        } else if (node.name != "#other" && !isInline(node.name)) {
            out += ' ';
        }
    }
    return out;
}

std::vector<Document::Part> Document::partsOf(Element element) const {
    const auto& nodes = _tree->nodes();
    std::vector<Part> parts;
    for (std::size_t i = element.index + 1; i < nodes[element.index].end; ++i) {
        const Tree::Node& node = nodes[i];
        if (node.name != "#other") {
            parts.push_back({{i}, node.end, node.name, node.name.empty() ? _tree->value(node) : ""});
        }
    }
    return parts;
}

void exitWhenOutOfMemory() {
    tidySetPanicCall([](ctmbstr) { _exit(kExitMemory); });
}

}  // namespace rtbatch
