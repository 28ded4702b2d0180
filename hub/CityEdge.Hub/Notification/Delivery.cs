using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Notification;

/// <summary>One notice to one channel: a row, written in the commit that takes the notice off the ticket's list.</summary>
/// <param name="Id"><c>n{notice}-{channel}</c>, a reminder <c>…-r{n}</c>. Receivers drop repeats by it: it stays the same over retries and restarts.</param>
/// <param name="Ticket">Ticket id; null for a test.</param>
/// <param name="Kind">What happened; null for a test.</param>
/// <param name="Channel">Channel's name.</param>
/// <param name="Language"><c>zh</c>, <c>en</c>, or null for both.</param>
/// <param name="State">Where it is.</param>
/// <param name="Attempts">Tries so far.</param>
/// <param name="AtMs">When it happened, event time, Unix ms.</param>
/// <param name="CreatedMs">Wall time, Unix ms.</param>
/// <param name="FirstDueMs">First try, wall time, Unix ms: for how long it is tried counts from here.</param>
/// <param name="DueMs">Next try, wall time, Unix ms.</param>
/// <param name="Gather">What has the same text here is told in one message, whose id it is; null: alone.</param>
/// <param name="Reminder">0: the notice itself; n: the n-th reminder.</param>
/// <param name="Repeat">Seconds after which each reminder follows, ascending as configured; empty when none.</param>
/// <param name="SentMs">Wall time; null while not sent.</param>
/// <param name="Error">Why the last try failed, or why it was stopped; null when neither.</param>
public sealed record Delivery(
    string Id, string? Ticket, NoticeKind? Kind, string Channel, string? Language, DeliveryState State, int Attempts, long AtMs, long CreatedMs, long FirstDueMs, long DueMs, string? Gather = null, int Reminder = 0,
    IReadOnlyList<int>? Repeat = null, long? SentMs = null, string? Error = null)
{
    /// <summary>What a receiver sees as the message's id.</summary>
    public string MessageId => Gather ?? Id;
}
