#include <vector>
#include "shape.hpp"
using namespace std;
using std::string;

namespace geo::flat {

/// A shape.
template <typename T>
class Shape : public Base<T>, private Other {
public:
    Shape(int n);
    virtual ~Shape() = default;
    virtual double area() const = 0;
    T scale(T by) { return by * factor_; }
    bool operator==(const Shape& other) const { return same(other); }
private:
    T factor_;
    static int count;
    struct Nested { int deep; };
};

enum class Color : int { Red, Green };

template <class T>
T largest(const std::vector<T>& all) {
    auto best = all.front();
    for (const auto& one : all) best = std::max(best, one);
    return best;
}

}  // namespace geo::flat

int Counter::count() const { return helper_.total(this->n_); }
Counter::~Counter() {}
std::ostream& operator<<(std::ostream& out, const Counter& c) { return out; }

using Names = std::vector<string>;
constexpr int kLimit = 3;
auto twice = [](int x) { return 2 * x; };
template <typename T> concept Small = sizeof(T) < 4;
template <> struct Less<Names, geo::order> { bool reversed; };
