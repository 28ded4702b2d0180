namespace CityEdge.Contracts;

/// <summary>Builds and reads the topics of design §5. Wildcard matching is the broker's business, not this type's.</summary>
public static class Topics
{
    /// <summary>What every topic starts with.</summary>
    public const string Prefix = "cityedge/v1/";

    /// <summary>The level that stands where a device name would; hence no device is called so.</summary>
    public const string TicketsLevel = "tickets";

    /// <summary>Longest command or ticket id, characters.</summary>
    public const int MaxIdLength = 128;

    /// <summary>True for <c>[A-Za-z0-9_-]{1,64}</c> other than <c>tickets</c>.</summary>
    public static bool IsDeviceName(ReadOnlySpan<char> text) => PointId.IsSiteOrDevice(text) && text is not TicketsLevel;

    /// <summary>True for an id that may stand in a command or ticket topic: 1 to 128 of letters, digits and <c>_ - . : ~</c>.</summary>
    public static bool IsId(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxIdLength) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.' or ':' or '~')) return false;
        }
        return true;
    }

    public static string Telemetry(string site, string device) => $"{Prefix}{site}/{device}/telemetry";

    public static string Event(string site, string device) => $"{Prefix}{site}/{device}/event";

    public static string Status(string site, string device) => $"{Prefix}{site}/{device}/status";

    public static string Command(string site, string device, string id) => $"{Prefix}{site}/{device}/command/{id}";

    public static string CommandReply(string site, string device, string id) => $"{Prefix}{site}/{device}/command/{id}/reply";

    public static string Config(string site, string device) => $"{Prefix}{site}/{device}/config";

    public static string ConfigReported(string site, string device) => $"{Prefix}{site}/{device}/config/reported";

    public static string Ticket(string site, string ticket) => $"{Prefix}{site}/{TicketsLevel}/{ticket}";

    /// <summary>The topic of an address.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The channel is not one of the enumeration.</exception>
    public static string Build(TopicAddress address) => address.Channel switch
    {
        TopicChannel.Telemetry => Telemetry(address.Site, address.Device),
        TopicChannel.Event => Event(address.Site, address.Device),
        TopicChannel.Status => Status(address.Site, address.Device),
        TopicChannel.Command => Command(address.Site, address.Device, address.Id!),
        TopicChannel.CommandReply => CommandReply(address.Site, address.Device, address.Id!),
        TopicChannel.Config => Config(address.Site, address.Device),
        TopicChannel.ConfigReported => ConfigReported(address.Site, address.Device),
        TopicChannel.Ticket => Ticket(address.Site, address.Id!),
        _ => throw new ArgumentOutOfRangeException(nameof(address), address.Channel, "unknown channel"),
    };

    /// <summary>Reads a topic; false for every topic that is not one of the eight, wildcards included.</summary>
    public static bool TryParse(ReadOnlySpan<char> topic, out TopicAddress address)
    {
        address = default;
        if (!topic.StartsWith(Prefix)) return false;
        Span<Range> levels = stackalloc Range[7];
        var rest = topic[Prefix.Length..];
        var count = rest.Split(levels, '/');
        if (count is < 3 or > 5 || !PointId.IsSiteOrDevice(rest[levels[0]])) return false;
        var second = rest[levels[1]];
        var third = rest[levels[2]];
        if (second is TicketsLevel)
        {
            if (count != 3 || !IsId(third)) return false;
            address = new TopicAddress(rest[levels[0]].ToString(), "", TopicChannel.Ticket, third.ToString());
            return true;
        }
        if (!PointId.IsSiteOrDevice(second)) return false;
        TopicChannel? channel = count switch
        {
            3 => third switch
            {
                "telemetry" => TopicChannel.Telemetry,
                "event" => TopicChannel.Event,
                "status" => TopicChannel.Status,
                "config" => TopicChannel.Config,
                _ => null,
            },
            4 when third is "config" && rest[levels[3]] is "reported" => TopicChannel.ConfigReported,
            4 when third is "command" && IsId(rest[levels[3]]) => TopicChannel.Command,
            5 when third is "command" && IsId(rest[levels[3]]) && rest[levels[4]] is "reply" => TopicChannel.CommandReply,
            _ => null,
        };
        if (channel is not { } known) return false;
        var id = known is TopicChannel.Command or TopicChannel.CommandReply ? rest[levels[3]].ToString() : null;
        address = new TopicAddress(rest[levels[0]].ToString(), second.ToString(), known, id);
        return true;
    }
}
