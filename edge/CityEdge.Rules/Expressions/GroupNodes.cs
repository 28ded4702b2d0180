namespace CityEdge.Rules;

/// <summary><c>share(building, condition)</c>: of the points of which it is known, the share that meets it; unknown when it is known of none.</summary>
internal sealed class GroupShareNode(int slot) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) =>
        context.Group is { } group && group.Known(slot) is var known and > 0 ? (double)group.Met(slot) / known : double.NaN;

    public override string Key => $"share({slot})";
}

/// <summary><c>count(building, condition)</c>: how many points meet it for sure.</summary>
internal sealed class GroupCountNode(int slot) : NumberNode
{
    public int Slot => slot;

    public override double Evaluate(in EvaluationContext context) => context.Group is { } group && group.Known(slot) > 0 ? group.Met(slot) : double.NaN;

    public override string Key => $"count({slot})";
}

/// <summary><c>count(building)</c>: how many points have a value that is not too old.</summary>
internal sealed class GroupLiveNode : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.Group?.Live ?? double.NaN;

    public override string Key => "count()";
}

/// <summary>
/// A count beside a constant, and <c>votes(2, …)</c>. Points of which it is not known whether they meet the condition might: where that would change the answer, it is unknown. So neither a silent
/// gateway nor a dead sensor clears an alarm.
/// </summary>
internal sealed class GroupCountCondition(int slot, ComparisonOperator operation, double limit) : ConditionNode
{
    public override Truth Test(in EvaluationContext context)
    {
        if (context.Group is not { } group) return Truth.Unknown;
        var least = group.Met(slot);
        var most = least + group.Members.Count - group.Known(slot);
        var (first, sure) = (ComparisonNode.Compare(operation, least, limit), true);
        if (operation is ComparisonOperator.Equal or ComparisonOperator.NotEqual) sure = least == most || limit < least || limit > most || limit != Math.Floor(limit);
        else sure = first == ComparisonNode.Compare(operation, most, limit);
        return !sure ? Truth.Unknown : first ? Truth.True : Truth.False;
    }

    public override void Visit(Action<ConditionNode> visit) => visit(this);
}
