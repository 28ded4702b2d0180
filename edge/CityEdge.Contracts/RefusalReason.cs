namespace CityEdge.Contracts;

/// <summary>Why a message, record or line was refused; dead-letter reason and label of <c>cityedge_ingest_messages_total</c> (design §5).</summary>
public enum RefusalReason
{
    None,
    NotSenml,
    NotCloudevents,
    NotStatus,
    ForeignName,
    UnknownDevice,
    TypeChanged,
    BadUnit,
    BadRecord,
    NotFinite,
    FutureTime,
    TooLarge,
    SeriesCap,
    ForbiddenTopic,
    UnknownTopic,
    SinkRefused,
}

/// <summary>The words of <see cref="RefusalReason"/>.</summary>
public static class RefusalReasons
{
    /// <summary>The snake_case word, e.g. <c>not_senml</c>.</summary>
    public static string Name(RefusalReason reason) => reason switch
    {
        RefusalReason.None => "none",
        RefusalReason.NotSenml => "not_senml",
        RefusalReason.NotCloudevents => "not_cloudevents",
        RefusalReason.NotStatus => "not_status",
        RefusalReason.ForeignName => "foreign_name",
        RefusalReason.UnknownDevice => "unknown_device",
        RefusalReason.TypeChanged => "type_changed",
        RefusalReason.BadUnit => "bad_unit",
        RefusalReason.BadRecord => "bad_record",
        RefusalReason.NotFinite => "not_finite",
        RefusalReason.FutureTime => "future_time",
        RefusalReason.TooLarge => "too_large",
        RefusalReason.SeriesCap => "series_cap",
        RefusalReason.ForbiddenTopic => "forbidden_topic",
        RefusalReason.UnknownTopic => "unknown_topic",
        RefusalReason.SinkRefused => "sink_refused",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
