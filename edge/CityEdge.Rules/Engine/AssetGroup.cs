using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// The points of one asset (or of what is below it) on which one rule runs, with how many of them meet each of its conditions. A reading changes the sums by its own part only; a value that has become
/// too old leaves them by a timer on the group's event clock, which runs with the newest of its points.
/// </summary>
internal sealed class AssetGroup(RuleRuntime rule, string asset, PointState point)
{
    private readonly PriorityQueue<GroupMember, long> expiries = new();
    private readonly int[] met = new int[rule.MemberConditions.Length];
    private readonly int[] known = new int[rule.MemberConditions.Length];

    public RuleRuntime Rule { get; } = rule;

    public string Asset { get; } = asset;

    /// <summary>Stands for the asset: clock, alarm, and as value what the rule's first function over the group gives.</summary>
    public PointState Point { get; } = point;

    public Dictionary<PointId, GroupMember> Members { get; } = [];

    /// <summary>Points whose value counts now.</summary>
    public int Live { get; private set; }

    /// <summary>Until when any point's value counts; holds do not elapse beyond it.</summary>
    public long SupportedUntilMs { get; set; } = AlarmMemory.None;

    /// <summary>Until when a group that was silent as a whole, or is new, waits for its other points before it is judged.</summary>
    public long SettlingUntilMs { get; set; } = AlarmMemory.None;

    public int Met(int slot) => met[slot];

    public int Known(int slot) => known[slot];

    /// <summary>When the next value becomes too old, event time; <see cref="long.MaxValue"/> when none does.</summary>
    public long NextExpiryMs()
    {
        while (expiries.TryPeek(out var member, out var at))
        {
            if (member.Live && member.ExpiresMs == at && member.QueuedMs == at) return at + 1;
            expiries.Dequeue();
            // Of an entry that a shorter interval has replaced nothing is left; a later one is told to the queue only now.
            if (member.QueuedMs != at) continue;
            if (member.Live) Queue(member);
            else member.QueuedMs = AlarmMemory.None;
        }
        return long.MaxValue;
    }

    /// <summary>Takes values that are too old at <paramref name="timeMs"/> out of the sums; true when that is something to judge.</summary>
    public bool Expire(long timeMs)
    {
        var changed = false;
        while (NextExpiryMs() <= timeMs)
        {
            Forget(expiries.Peek());
            changed = true;
        }
        // All silent: the alarm stays as it is and its hold pauses, as on a single point.
        return changed && Live > 0 && IsSettled(timeMs);
    }

    /// <summary>A point's new value; false while the group is not to be judged.</summary>
    public bool Hear(GroupMember member, long timeMs, long nowMs)
    {
        Expire(nowMs - 1);
        var expires = timeMs + (Rule.MaxGapMs ?? member.Point.SupportMs);
        if (expires < nowMs) return false;
        if (Live == 0) SettlingUntilMs = expires;
        var context = member.Inputs.At(timeMs);
        var (isMet, isKnown) = (0u, 0u);
        for (var slot = 0; slot < met.Length; slot++)
        {
            var truth = Rule.MemberConditions[slot].Test(context);
            if (truth == Truth.True) isMet |= 1u << slot;
            if (truth != Truth.Unknown) isKnown |= 1u << slot;
        }
        Count(member, isMet, isKnown, live: true);
        Track(member, expires);
        return IsSettled(nowMs);
    }

    /// <summary>Takes over what a snapshot kept of a member.</summary>
    public void Restore(GroupMember member, uint isMet, uint isKnown, long expiresMs)
    {
        Count(member, isMet, isKnown, live: true);
        Track(member, expiresMs);
    }

    public void Remove(GroupMember member)
    {
        Forget(member);
        Members.Remove(member.Point.Context.Id);
    }

    private bool IsSettled(long timeMs) => Live == Members.Count || timeMs > SettlingUntilMs;

    private void Track(GroupMember member, long expiresMs)
    {
        member.ExpiresMs = expiresMs;
        if (member.QueuedMs == AlarmMemory.None || expiresMs < member.QueuedMs) Queue(member);
    }

    private void Queue(GroupMember member)
    {
        member.QueuedMs = member.ExpiresMs;
        expiries.Enqueue(member, member.ExpiresMs);
    }

    private void Forget(GroupMember member) => Count(member, 0, 0, live: false);

    private void Count(GroupMember member, uint isMet, uint isKnown, bool live)
    {
        for (var slot = 0; slot < met.Length; slot++)
        {
            met[slot] += (int)(isMet >> slot & 1) - (int)(member.Met >> slot & 1);
            known[slot] += (int)(isKnown >> slot & 1) - (int)(member.Known >> slot & 1);
        }
        Live += (live ? 1 : 0) - (member.Live ? 1 : 0);
        (member.Met, member.Known, member.Live) = (isMet, isKnown, live);
    }
}

/// <summary>One point in an <see cref="AssetGroup"/>.</summary>
internal sealed class GroupMember(AssetGroup group, PointState point, PointIndex index)
{
    public AssetGroup Group { get; } = group;

    public PointState Point { get; } = point;

    public RuleInputs Inputs { get; } = new(group.Rule, point, index);

    /// <summary>Conditions that its last value meets, a bit each.</summary>
    public uint Met { get; set; }

    /// <summary>Conditions of which it is known whether it meets them.</summary>
    public uint Known { get; set; }

    /// <summary>Its last value counts.</summary>
    public bool Live { get; set; }

    /// <summary>Last instant, on the group's clock, at which it counts.</summary>
    public long ExpiresMs { get; set; }

    /// <summary>Where it stands in the group's queue: never later than <see cref="ExpiresMs"/>.</summary>
    public long QueuedMs { get; set; } = AlarmMemory.None;
}
