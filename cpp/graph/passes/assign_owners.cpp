#include <algorithm>
#include <string_view>

#include "graph/column_blocks.h"
#include "graph/passes/uses.h"

// Who keeps what from one step of a plan to the next. A line of memory that another core wrote takes far longer to read
// or to overwrite than to compute, so each worker shall find what it needs where it left it: some rows of a weight,
// with their gradient and slots, and the columns of the layer below that these rows meet.
namespace lamina {

namespace {

// More rows have sums that outweigh the weights which need not travel.
constexpr int64_t kMostRows = 128;

// Into how many blocks to cut the rows of a weight: as many as workers may want to share, and none too short. It must
// not depend on how many workers there are, as the order of sums does on it.
int64_t blocks_of(int64_t rows) {
  return rows >= 1024 ? 8 : rows >= 512 ? 4 : rows >= 256 ? 2 : 1;
}

bool is(const Instruction& instruction, std::string_view name) {
  return instruction.op != nullptr && name == instruction.op->name;
}

class Owners {
 public:
  explicit Owners(Instructions& list) : list_(list), uses_(list) {}

  void run() {
    for (const Instruction& update : list_.code) {
      if (is(update, "matmul_update")) keep_rows(update.inputs[0]);
    }
    for (const Instruction& product : list_.code) {
      const int64_t blocks = product.attributes.integer("stationary", 1);
      if (blocks > 1) keep_columns(product.inputs[0], blocks);
    }
  }

 private:
  // An instruction and its attribute that tells of a matrix in blocks.
  struct Mark {
    Instruction* instruction;
    const char* attribute;
  };

  static void set(Instruction& instruction, const char* attribute, int64_t blocks) {
    instruction.attributes.set(attribute, blocks);
    if (is(instruction, "matmul")) instruction.op = &find_op("dense");
    if (is(instruction, "sum")) instruction.op = &find_op("sum_blocks");
  }

  bool is_product(const Instruction& instruction) const {
    return (is(instruction, "dense") || is(instruction, "matmul") || is(instruction, "matmul_slope")) &&
           list_.type(instruction.inputs[0]).rank() == 2 && list_.type(instruction.inputs[1]).rank() == 2;
  }

  // Products of few rows with a weight that the plan updates leave its rows where the update keeps them.
  void keep_rows(Value weight) {
    for (Instruction& product : list_.code) {
      if (!is_product(product) || is(product, "matmul_slope") || product.inputs[1] != weight) continue;
      if (product.attributes.flag("transpose_a") || product.attributes.flag("transpose_b")) continue;
      const int64_t blocks = blocks_of(list_.type(weight).shape[0]);
      if (blocks > 1 && list_.type(product.inputs[0]).shape[0] <= kMostRows) {
        set(product, "stationary", blocks);
      }
    }
  }

  // The input of such a product, and its gradient, lie in blocks of columns if everybody who touches them can do with
  // that.
  void keep_columns(Value hidden, int64_t blocks) {
    std::vector<Mark> marks;
    if (!ColumnBlocks::possible(list_.type(hidden).shape[1], blocks) || !find_marks(hidden, blocks, marks)) return;
    for (const Mark& mark : marks) set(*mark.instruction, mark.attribute, blocks);
  }

  bool find_marks(Value value, int64_t blocks, std::vector<Mark>& marks) {
    Instruction* maker = uses_.maker(value);
    if (maker == nullptr || !is_product(*maker) || maker->attributes.has("stationary")) return false;
    marks.push_back({maker, "out_blocks"});
    size_t reads = 0;
    for (Instruction& reader : list_.code) {
      for (size_t i = 0; i < reader.inputs.size(); ++i) {
        if (reader.inputs[i] != value) continue;
        ++reads;
        if (is(reader, "matmul_slope") && i == 2) {
          if (!find_marks(reader.outputs[0], blocks, marks)) return false;
        } else if (const char* attribute = attribute_for(reader, i, blocks)) {
          marks.push_back({&reader, attribute});
        } else {
          return false;
        }
      }
    }
    return reads == uses_.count(value);
  }

  // By which attribute `reader` takes input i in blocks of columns, or null.
  static const char* attribute_for(const Instruction& reader, size_t i, int64_t blocks) {
    const bool ta = reader.attributes.flag("transpose_a"), tb = reader.attributes.flag("transpose_b");
    if (is(reader, "matmul_update")) {
      const size_t a = reader.inputs.size() - 2, b = a + 1;
      return i == a && ta ? "a_blocks" : i == b && !tb ? "b_blocks" : nullptr;
    }
    if (is(reader, "sum")) return reader.attributes.integers("axes") == Shape{0} ? "blocks" : nullptr;
    const bool product = is(reader, "dense") || is(reader, "matmul") || is(reader, "matmul_slope");
    const bool fits = reader.attributes.integer("stationary", blocks) == blocks;
    return product && i == 0 && !ta && fits ? "a_blocks" : nullptr;
  }

  Instructions& list_;
  const Uses uses_;
};

}  // namespace

void assign_owners(Instructions& list) {
  Owners(list).run();
}

}  // namespace lamina
