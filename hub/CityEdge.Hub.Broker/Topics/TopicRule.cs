using System.IO.Enumeration;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// One entry of the ordered topic policy. <c>{site}</c> and <c>{device}</c> stand for those of a device (no one else matches such an entry), <c>{user}</c> for the
/// identity's name; what they stand for is compared as text, so a name with <c>+</c> or <c>#</c> in it matches only itself. An entry speaks of a published topic when its
/// filter matches. Of a subscription an <em>allow</em> speaks when it covers the whole filter, a <em>deny</em> when it has any topic in common with it: what is denied
/// cannot be had by asking for more. As in MQTT-4.7.2-1, a filter that begins with a wildcard does not touch topics that begin with <c>$</c>.
/// </summary>
public sealed class TopicRule
{
    private readonly string[] _levels;
    private readonly Level[]? _fixed;

    private TopicRule(bool allow, TopicAction action, string topic, string user)
    {
        (Allow, Action, Topic, User) = (allow, action, topic, user);
        _levels = topic.Split('/');
        if (!topic.Contains('{')) _fixed = [.. _levels.Select(Plain)];
    }

    private enum Wild : byte
    {
        None,
        One,
        Rest,
    }

    public bool Allow { get; }

    public TopicAction Action { get; }

    /// <summary>Topic filter with placeholders.</summary>
    public string Topic { get; }

    /// <summary>Glob (<c>*</c>, <c>?</c>) of identity names: <c>site/device</c>, a user's name, empty for anonymous.</summary>
    public string User { get; }

    /// <summary>False with the reason when the topic is not a filter or has an unknown placeholder.</summary>
    public static bool TryCreate(bool allow, TopicAction action, string topic, string? user, out TopicRule rule, out string error)
    {
        (rule, error) = (null!, "");
        var bare = topic.Replace("{site}", "s").Replace("{device}", "d").Replace("{user}", "u");
        if (bare.AsSpan().ContainsAny('{', '}')) error = $"'{topic}' has a placeholder that is not {{site}}, {{device}} or {{user}}";
        else if (bare.StartsWith("$share/", StringComparison.Ordinal)) error = $"'{topic}' is a shared subscription; name its inner filter, which is what is judged";
        else if (!TopicFilter.IsValidFilter(bare)) error = $"'{topic}' is not a topic filter: + stands alone in its level, # alone in the last one";
        else if (user is { Length: 0 }) error = "the user is empty; leave it out for everyone";
        if (error.Length > 0) return false;
        rule = new TopicRule(allow, action, topic, user ?? "*");
        return true;
    }

    internal bool MatchesPublish(ClientIdentity identity, ReadOnlySpan<char> topic) =>
        Action != TopicAction.Subscribe && Concerns(identity) && LevelsFor(identity) is { } levels && Matches(levels, topic);

    internal bool MatchesSubscribe(ClientIdentity identity, string filter)
    {
        if (Action == TopicAction.Publish || !Concerns(identity) || LevelsFor(identity) is not { } levels) return false;
        var asked = Array.ConvertAll(filter.Split('/'), Plain);
        return Allow ? Covers(levels, asked) : Overlaps(levels, asked);
    }

    private bool Concerns(ClientIdentity identity) => User == "*" || FileSystemName.MatchesSimpleExpression(User, identity.Name, ignoreCase: false);

    private static Level Plain(string text) => text switch { "+" => new(Wild.One, ""), "#" => new(Wild.Rest, ""), _ => new(Wild.None, text) };

    private Level[]? LevelsFor(ClientIdentity identity)
    {
        if (_fixed is not null) return _fixed;
        var levels = new List<Level>(_levels.Length + 1);
        foreach (var level in _levels)
        {
            if (!level.Contains('{'))
            {
                levels.Add(Plain(level));
                continue;
            }
            if (identity.Site is null && level.Contains("{site}", StringComparison.Ordinal) || identity.Device is null && level.Contains("{device}", StringComparison.Ordinal)) return null;
            // One pass: a name that looks like a placeholder is not filled in again.
            var text = Fill(level, identity);
            // A device's name is two levels.
            foreach (var part in text.Split('/')) levels.Add(new Level(Wild.None, part));
        }
        return [.. levels];
    }

    private static string Fill(string level, ClientIdentity identity)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < level.Length; i++)
        {
            var end = level[i] == '{' ? level.IndexOf('}', i) : -1;
            if (end < 0)
            {
                text.Append(level[i]);
                continue;
            }
            text.Append(level[(i + 1)..end] switch { "site" => identity.Site, "device" => identity.Device, _ => identity.Name });
            i = end;
        }
        return text.ToString();
    }

    private static bool Matches(Level[] filter, ReadOnlySpan<char> topic)
    {
        if (filter[0].Wild != Wild.None && topic.StartsWith("$")) return false;
        var at = 0;
        foreach (var range in topic.Split('/'))
        {
            if (at == filter.Length) return false;
            var level = filter[at++];
            if (level.Wild == Wild.Rest) return true;
            if (level.Wild == Wild.None && !topic[range].SequenceEqual(level.Text)) return false;
        }
        return at == filter.Length || at == filter.Length - 1 && filter[at].Wild == Wild.Rest;
    }

    /// <summary>Every topic of <paramref name="asked"/> is one of <paramref name="filter"/>.</summary>
    private static bool Covers(Level[] filter, Level[] asked)
    {
        if (filter[0].Wild != Wild.None && asked[0].Text.StartsWith('$')) return false;
        for (var i = 0; ; i++)
        {
            if (i < filter.Length && filter[i].Wild == Wild.Rest) return true;
            if (i == asked.Length || i == filter.Length) return i == asked.Length && i == filter.Length;
            if (asked[i].Wild == Wild.Rest) return false;
            if (filter[i].Wild == Wild.None && (asked[i].Wild != Wild.None || asked[i].Text != filter[i].Text)) return false;
        }
    }

    /// <summary>Some topic is one of both.</summary>
    private static bool Overlaps(Level[] filter, Level[] asked)
    {
        if (filter[0].Wild != Wild.None && asked[0].Text.StartsWith('$') || asked[0].Wild != Wild.None && filter[0].Text.StartsWith('$')) return false;
        for (var i = 0; ; i++)
        {
            if (i < filter.Length && filter[i].Wild == Wild.Rest || i < asked.Length && asked[i].Wild == Wild.Rest) return true;
            if (i == asked.Length || i == filter.Length) return i == asked.Length && i == filter.Length;
            if (filter[i].Wild == Wild.None && asked[i].Wild == Wild.None && filter[i].Text != asked[i].Text) return false;
        }
    }

    private readonly record struct Level(Wild Wild, string Text);
}
