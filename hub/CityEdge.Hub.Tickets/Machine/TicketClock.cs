namespace CityEdge.Hub.Tickets.Machine;

/// <summary>
/// A running promise: its marks are fixed when it starts, so that nothing has to be looked up when they come. Times are Unix ms UTC in event time of the ticket's anchor. It is never
/// paused; a hold shows in the ticket beside it.
/// </summary>
/// <param name="Name"><c>accept on_site safe fix triage callback</c>.</param>
/// <param name="StartMs">From when it counts.</param>
/// <param name="PromisedMs">Its end as promised at first: what the measures count, whatever was extended.</param>
/// <param name="Marks">Times of reminders, of its end and of steps up, in order.</param>
public sealed record TicketClock(string Name, long StartMs, long PromisedMs, ValueList<ClockMark> Marks)
{
    /// <summary>Marks that have fired.</summary>
    public int Fired { get; init; }

    /// <summary>When what it waits for happened; null while it runs.</summary>
    public long? StoppedMs { get; init; }

    /// <summary>Its end as it stands.</summary>
    public long DueMs()
    {
        foreach (var mark in Marks)
        {
            if (mark.Percent == 100) return mark.AtMs;
        }
        return PromisedMs;
    }

    /// <summary>The mark that comes next; null when it stopped or has none left.</summary>
    public ClockMark? Next() => StoppedMs is null && Fired < Marks.Count ? Marks[Fired] : null;
}
