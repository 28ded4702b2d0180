namespace CityEdge.Mqtt;

/// <summary>Waits between attempts: full jitter over an interval that doubles up to its cap; longer after a refusal.</summary>
internal sealed class ReconnectDelay(MqttClientOptions options)
{
    // Full jitter may draw nearly nothing; this keeps a closed port from being hammered.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(20);

    private int attempts;

    public void Reset() => attempts = 0;

    public TimeSpan Next(bool refused)
    {
        var cap = TimeSpan.FromTicks((long)Math.Min(options.MaxBackoff.Ticks, options.InitialBackoff.Ticks * Math.Pow(2, Math.Min(attempts, 40))));
        attempts++;
        var drawn = options.Random.NextDouble();
        if (refused) return options.RefusedBackoff * (1 + drawn);
        var delay = cap * drawn;
        return delay < Least ? Least : delay;
    }

    /// <summary>Refusals that stay until someone changes a setting, or that would otherwise make two clients throw each other out in turn.</summary>
    public static bool IsRefusal(ReasonCode? code) => code is
        ReasonCode.UnsupportedProtocolVersion or ReasonCode.ClientIdentifierNotValid or ReasonCode.BadUserNameOrPassword or ReasonCode.NotAuthorized or ReasonCode.Banned
        or ReasonCode.BadAuthenticationMethod or ReasonCode.SessionTakenOver or ReasonCode.UseAnotherServer or ReasonCode.ServerMoved or ReasonCode.TopicNameInvalid
        or ReasonCode.RetainNotSupported or ReasonCode.QoSNotSupported or ReasonCode.PacketTooLarge or ReasonCode.PayloadFormatInvalid;
}
