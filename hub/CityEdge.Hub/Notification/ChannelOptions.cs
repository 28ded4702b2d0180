namespace CityEdge.Hub.Notification;

/// <summary>One way to tell people, an entry of <c>notify.channels</c>.</summary>
/// <param name="Name"><c>[a-z0-9-]{1,40}</c>, what routes call it.</param>
/// <param name="Kind">How it speaks.</param>
public sealed record ChannelOptions(string Name, ChannelKind Kind)
{
    /// <summary>Where a webhook or robot listens; null for mail.</summary>
    public Uri? Url { get; init; }

    /// <summary>Signs what is sent; null: unsigned, which only robots may be.</summary>
    public string? Secret { get; init; }

    /// <summary>Mail server; null for the others.</summary>
    public SmtpOptions? Smtp { get; init; }

    /// <summary>Most messages a minute; what is above it goes together into one. 0: no limit. Group robots take 20.</summary>
    public int PerMinute { get; init; }

    /// <summary>How long one try may take, on the real clock.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
