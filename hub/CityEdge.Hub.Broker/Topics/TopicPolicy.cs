using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Who may touch which topic (design §5). A device publishes its own <c>telemetry</c>, <c>event</c>, <c>status</c>, <c>command/{id}/reply</c> and <c>config/reported</c>,
/// and subscribes to its own <c>command/+</c>, <c>config</c> and its site's <c>tickets/#</c>. Admins, the hub and, under <c>--auth none</c>, anyone: everything. Other users read everything and publish outside <c>cityedge/</c> only.
/// Anyone else: nothing. On top of that an ordered list of rules, of which the first that speaks of a topic decides, for everyone but the hub itself.
/// </summary>
/// <param name="rules">The list; empty or null: the default alone.</param>
public sealed class TopicPolicy(IReadOnlyList<TopicRule>? rules = null)
{
    private const string Root = "cityedge/v1/";

    /// <summary>The ordered list on top of the default.</summary>
    public IReadOnlyList<TopicRule> Rules { get; } = rules ?? [];

    /// <summary>May this identity publish to this topic?</summary>
    public bool MayPublish(ClientIdentity identity, ReadOnlySpan<char> topic)
    {
        if (identity.Kind != IdentityKind.Hub)
        {
            for (var i = 0; i < Rules.Count; i++)
            {
                if (Rules[i].MatchesPublish(identity, topic)) return Rules[i].Allow;
            }
        }
        if (Unlimited(identity)) return true;
        // A user who is no admin reads what devices say but does not speak for them: commands go through the API, where roles and audit are.
        if (identity.Kind == IdentityKind.User) return !topic.StartsWith("cityedge/");
        if (!OwnPart(identity, topic, out var rest)) return false;
        return rest switch
        {
            "telemetry" or "event" or "status" or "config/reported" => true,
            _ => rest.StartsWith("command/") && rest.EndsWith("/reply") && rest.Length > "command//reply".Length && rest["command/".Length..^"/reply".Length].IndexOf('/') < 0,
        };
    }

    /// <summary>May this identity subscribe to this filter? A shared subscription is judged by its inner filter.</summary>
    public bool MaySubscribe(ClientIdentity identity, string filter)
    {
        if (filter.StartsWith("$share/", StringComparison.Ordinal))
        {
            if (!TopicFilter.TryParseShared(filter, out _, out var inner)) return false;
            filter = inner;
        }
        if (identity.Kind != IdentityKind.Hub)
        {
            for (var i = 0; i < Rules.Count; i++)
            {
                if (Rules[i].MatchesSubscribe(identity, filter)) return Rules[i].Allow;
            }
        }
        if (Unlimited(identity) || identity.Kind == IdentityKind.User) return true;
        if (OwnPart(identity, filter, out var rest))
        {
            return rest is "config" || rest.StartsWith("command/") && rest.Length > "command/".Length && rest["command/".Length..].IndexOfAny('/', '#') < 0;
        }
        return identity is { Kind: IdentityKind.Device, Site: { Length: > 0 } site }
            && filter.AsSpan() is var text && text.StartsWith(Root) && text[Root.Length..].StartsWith(site) && text[(Root.Length + site.Length)..].StartsWith("/tickets/");
    }

    private static bool Unlimited(ClientIdentity identity) => identity.IsAdmin || identity.Kind is IdentityKind.Hub;

    /// <summary>What follows <c>cityedge/v1/{site}/{device}/</c> of the device's own topics.</summary>
    private static bool OwnPart(ClientIdentity identity, ReadOnlySpan<char> topic, out ReadOnlySpan<char> rest)
    {
        rest = default;
        if (identity is not { Kind: IdentityKind.Device, Site: { Length: > 0 } site, Device: { Length: > 0 } device }) return false;
        if (!topic.StartsWith(Root)) return false;
        topic = topic[Root.Length..];
        if (!topic.StartsWith(site) || topic.Length <= site.Length || topic[site.Length] != '/') return false;
        topic = topic[(site.Length + 1)..];
        if (!topic.StartsWith(device) || topic.Length <= device.Length || topic[device.Length] != '/') return false;
        rest = topic[(device.Length + 1)..];
        return true;
    }
}
