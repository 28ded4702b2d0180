using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary><c>quality(jump)</c>: the last value carries the mark; unknown before one.</summary>
internal sealed class QualityNode(Quality mark) : ConditionNode
{
    /// <summary>Marks that a rule may ask for; those of a faulty sensor and of a clock ahead never come with a value.</summary>
    public static IReadOnlyDictionary<string, Quality> Marks { get; } = new Dictionary<string, Quality> { ["out_of_range"] = Quality.OutOfRange, ["stuck"] = Quality.Stuck, ["jump"] = Quality.Jump };

    public override Truth Test(in EvaluationContext context) => context.Quality is not { } quality ? Truth.Unknown : (quality & mark) != 0 ? Truth.True : Truth.False;

    public override void Visit(Action<ConditionNode> visit) => visit(this);
}
