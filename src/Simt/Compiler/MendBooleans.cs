using ILGPU;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace BareBert.Simt;

/// <summary>Makes <c>condition ? 1 : 0</c> the number one where it is used as a float.</summary>
/// <remarks>ILGPU 1.5.3 folds the conversion into the choice and writes the integer's bits: 1.4·10⁻⁴⁵. What a source means by <c>float.Epsilon</c> would be
/// the same, so <see cref="SourceCheck"/> refuses that.</remarks>
internal sealed class MendBooleans : UnorderedTransformation
{
    protected override bool PerformTransformation(Method.Builder builder)
    {
        var choices = new List<Predicate>();
        foreach (BasicBlock block in builder.SourceBlocks)
            foreach (Value value in block)
                if (value is Predicate choice && (IsBitsOfOne(choice.TrueValue.Resolve()) || IsBitsOfOne(choice.FalseValue.Resolve())))
                    choices.Add(choice);
        foreach (Predicate choice in choices)
        {
            BasicBlock.Builder block = builder[choice.BasicBlock];
            block.SetupInsertPosition(choice);
            choice.Replace(block.CreatePredicate(choice.Location, choice.Condition,
                Mended(block, choice.TrueValue.Resolve()), Mended(block, choice.FalseValue.Resolve())));
            block.Remove(choice);
        }
        return choices.Count > 0;
    }

    private static bool IsBitsOfOne(Value value) => value is PrimitiveValue { BasicValueType: BasicValueType.Float32 or BasicValueType.Float64, RawValue: 1 };

    private static Value Mended(BasicBlock.Builder block, Value value) => !IsBitsOfOne(value) ? value
        : value.BasicValueType == BasicValueType.Float32 ? block.CreatePrimitiveValue(value.Location, 1f) : block.CreatePrimitiveValue(value.Location, 1d);
}
