using System.Collections.Concurrent;

namespace CityEdge.Hub.Security;

/// <summary>Sessions of the console: in memory, 12 hours, ended by a restart of the hub.</summary>
public sealed class ConsoleSessions(TimeProvider time)
{
    public const string Cookie = "cityedge_session";
    public const int MaxSessions = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);
    private readonly ConcurrentDictionary<string, (ApiUser User, long ExpiresAt)> sessions = new();

    public (string Id, ApiUser User) Begin(string name, string role)
    {
        foreach (var (id, session) in sessions)
        {
            if (session.ExpiresAt < time.GetTimestamp()) sessions.TryRemove(id, out _);
        }
        if (sessions.Count >= MaxSessions) sessions.TryRemove(sessions.First().Key, out _);
        var user = new ApiUser(name, role, Secrets.NewToken());
        var key = Secrets.NewToken();
        sessions[key] = (user, time.GetTimestamp() + (long)(Lifetime.TotalSeconds * time.TimestampFrequency));
        return (key, user);
    }

    public ApiUser? Find(string? id) => id is not null && sessions.TryGetValue(id, out var session) && session.ExpiresAt >= time.GetTimestamp() ? session.User : null;

    /// <summary>Ends all sessions of a user, whose role or password is not what it was.</summary>
    public void EndAll(string name)
    {
        foreach (var (id, session) in sessions)
        {
            if (session.User.Name == name) sessions.TryRemove(id, out _);
        }
    }

    public void End(string? id)
    {
        if (id is not null) sessions.TryRemove(id, out _);
    }
}
