namespace CityEdge.Mqtt;

/// <summary>One SUBSCRIBE or UNSUBSCRIBE from call to acknowledgement.</summary>
internal sealed class SubscriptionRequest(IReadOnlyList<Subscription>? subscriptions, IReadOnlyList<string>? filters, bool restoring = false, MqttProperties? properties = null)
{
    private readonly List<ReasonCode?> preset = [];

    public IReadOnlyList<Subscription>? Subscriptions => subscriptions;

    public IReadOnlyList<string>? Filters => filters;

    /// <summary>Of SUBSCRIBE.</summary>
    public MqttProperties? Properties => properties;

    /// <summary>Made by the client itself after a session was lost.</summary>
    public bool Restoring => restoring;

    public TaskCompletionSource<SubscribeResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What this server can be asked for; the other filters have their refusal at once.</summary>
    public IReadOnlyList<Subscription> Offer(ServerLimits limits)
    {
        preset.Clear();
        preset.AddRange(subscriptions!.Select(s => limits.Check(s, properties is { SubscriptionIdentifiers.Count: > 0 })));
        return [.. subscriptions!.Where((_, i) => preset[i] is null)];
    }

    /// <summary>The server's codes with those of <see cref="Offer"/> in their places; null when the number is wrong.</summary>
    public IReadOnlyList<ReasonCode>? Merge(IReadOnlyList<ReasonCode> codes)
    {
        if (codes.Count != preset.Count(p => p is null)) return null;
        var next = 0;
        return [.. preset.Select(p => p ?? codes[next++])];
    }
}
