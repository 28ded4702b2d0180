using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Ingest;

/// <summary>What the ticket says when telemetry is not stored until somebody mends something.</summary>
internal static class TelemetryIncident
{
    public const string Subject = "telemetry";

    /// <summary>Equal answers in a row after which a busy server is a fault and not a moment.</summary>
    public const int EqualAnswers = 10;

    public static SystemIncident Of(TelemetryUnavailableException problem) => problem.Trouble == TelemetryTrouble.Stopped
        ? new(Subject, Severity.P2, new("遥测写入已停止，等待处理", "Telemetry is not stored until this is mended"), new($"数据在日志中等待，不会丢失。处理后自动恢复。原文：{problem.Message}", $"{problem.Message} It is looked at again by itself, at most a minute after it was mended; a restart looks at once."))
        : new(Subject, Severity.P3, new("遥测库持续报错", "The telemetry store keeps refusing"), new($"连续 {EqualAnswers} 次同样的回答。检查该服务器的磁盘、内存和日志。原文：{problem.Message}", $"The same answer {EqualAnswers} times: {problem.Message} Look at the disk, the memory and the log of that server."));
}
