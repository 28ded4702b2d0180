using CityEdge.Mqtt;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Broker;

/// <summary>The broker's log lines.</summary>
internal static partial class BrokerLog
{
    [LoggerMessage(1, LogLevel.Error, "The journal could not be read for a subscriber; its messages stay in the journal and are tried again.")]
    public static partial void JournalReadFailed(ILogger logger, Exception failure);

    [LoggerMessage(2, LogLevel.Warning, "Session of client '{ClientId}' ({Identity}) ended: {QueuedMessages} messages, {QueuedBytes} bytes waited, over its cap. Connect it more often, narrow its filters, or raise the cap.")]
    public static partial void SessionOverflowed(ILogger logger, string clientId, string identity, int queuedMessages, long queuedBytes);

    [LoggerMessage(3, LogLevel.Debug, "Client '{ClientId}' ({Identity}) closed with {Reason}: {Message}")]
    public static partial void Closed(ILogger logger, string clientId, string identity, ReasonCode reason, string message);

    [LoggerMessage(4, LogLevel.Warning, "Snapshot {File} is damaged ({Why}); the one before it is used.")]
    public static partial void SnapshotDamaged(ILogger logger, string file, string why);

    [LoggerMessage(5, LogLevel.Error, "The broker's snapshot could not be written to {Directory}. The journal keeps growing until it can: mend the disk.")]
    public static partial void SnapshotFailed(ILogger logger, Exception failure, string directory);

    [LoggerMessage(6, LogLevel.Critical, "The broker's router stopped: {Message} No message is delivered until the hub is restarted.")]
    public static partial void RouterFailed(ILogger logger, Exception failure, string message);

    [LoggerMessage(7, LogLevel.Information, "Broker state loaded: {Sessions} sessions, {Subscriptions} subscriptions, {Retained} retained messages, journal read from {From} to {To}.")]
    public static partial void Loaded(ILogger logger, int sessions, int subscriptions, int retained, long from, long to);

    [LoggerMessage(8, LogLevel.Warning, "The journal is full: client '{ClientId}' waits, its messages are not acknowledged.")]
    public static partial void Stalled(ILogger logger, string clientId);

    [LoggerMessage(9, LogLevel.Error, "Connection of client '{ClientId}' failed.")]
    public static partial void ConnectionFailed(ILogger logger, Exception failure, string clientId);

    [LoggerMessage(11, LogLevel.Information, "A will that is done with may be sent once more after a restart: {Message}")]
    public static partial void WillNotCleared(ILogger logger, string message);

    [LoggerMessage(12, LogLevel.Warning, "No more MQTT connections can be accepted for a moment: {Why}. Raise the limit of open files (ulimit -n, LimitNOFILE) of the hub.")]
    public static partial void CannotAccept(ILogger logger, string why);

    [LoggerMessage(13, LogLevel.Warning, "{Count} connections from {Address} were refused: over broker.{Limit}. Raise it if they are devices of yours.")]
    public static partial void AddressRefused(ILogger logger, string address, int count, string limit);

    [LoggerMessage(14, LogLevel.Information, "That client '{ClientId}' has completed a QoS 2 message is not recorded: after a crash its PUBREL goes out once more. {Message}")]
    public static partial void CompletionNotRecorded(ILogger logger, string clientId, string message);

    [LoggerMessage(10, LogLevel.Warning, "Journal record at {Position} of kind {Kind} is damaged or of a newer format and was skipped.")]
    public static partial void RecordSkipped(ILogger logger, long position, byte kind);
}
