#pragma once
#include <vector>

/// Parcels of the post.
namespace post {

enum class Size : int { Small, Big };

// A queue.
template <typename T>
class ParcelQueue : public Base {
 public:
  explicit ParcelQueue(int limit);
  virtual ~ParcelQueue() = default;
  bool push(const T &parcel) override;
  [[nodiscard]] int count() const noexcept { return count_; }

 private:
  int count_ = 0;
};

using Parcels = std::vector<int>;

}  // namespace post
