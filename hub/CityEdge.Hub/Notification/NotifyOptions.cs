namespace CityEdge.Hub.Notification;

/// <summary>Whom the hub tells of tickets, and how: the block <c>notify:</c> of its configuration file.</summary>
public sealed record NotifyOptions
{
    public IReadOnlyList<ChannelOptions> Channels { get; init; } = [];

    /// <summary>All routes that take a notice count; a channel that several of them name is told once, by the first.</summary>
    public IReadOnlyList<NotifyRoute> Routes { get; init; } = [];

    /// <summary>Where people reach the console, for links; null: the hub's own address.</summary>
    public Uri? Link { get; init; }
}
