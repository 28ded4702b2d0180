using System.Buffers;

namespace CityEdge.Mqtt;

public sealed partial class MqttClient
{
    private TaskCompletionSource? reauthenticating;

    /// <summary>
    /// Authenticates again on the connection at hand (5.0 §4.12.1), with <see cref="MqttClientOptions.Authentication"/>; completes when the server has accepted. If it refuses,
    /// it ends the connection, and this throws.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no connection, no authentication was given, one is under way, or the connection ended before it was done.</exception>
    public async Task ReauthenticateAsync(CancellationToken cancellation = default)
    {
        if (options.Authentication is not { } authentication) throw new InvalidOperationException("MQTT client: set MqttClientOptions.Authentication before authenticating again");
        var data = await authentication.BeginAsync(cancellation);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (current is null) throw new InvalidOperationException("MQTT client: there is no connection to authenticate again on");
            if (reauthenticating is not null) throw new InvalidOperationException("MQTT client: a re-authentication is under way");
            reauthenticating = done;
            WriteAuth(current, ReasonCode.ReAuthenticate, authentication, data);
        }
        await done.Task.WaitAsync(cancellation);
    }

    private static MqttProperties AuthProperties(IMqttAuthentication authentication, byte[]? data) => new() { AuthenticationMethod = authentication.Method, AuthenticationData = data };

    private static void WriteAuth(MqttWire wire, ReasonCode code, IMqttAuthentication authentication, byte[]? data)
    {
        PacketEncoder.Write(wire.Output, MqttVersion.V500, new AuthPacket(code, AuthProperties(authentication, data)));
        wire.Wake();
    }

    /// <summary>An AUTH before CONNACK: answers it.</summary>
    private async Task AnswerChallengeAsync(Stream stream, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var auth = ReadAuth(body.Span);
        if (auth.Code != ReasonCode.ContinueAuthentication) throw new MqttLinkException(ReasonCode.ProtocolError, $"{endpoint}: AUTH with {auth.Code} before CONNACK (5.0 §4.12)");
        var answer = await options.Authentication!.ContinueAsync(auth.Properties?.AuthenticationData, cancellation);
        var output = new ArrayBufferWriter<byte>();
        PacketEncoder.Write(output, MqttVersion.V500, new AuthPacket(ReasonCode.ContinueAuthentication, AuthProperties(options.Authentication, answer)));
        await stream.WriteAsync(output.WrittenMemory, cancellation);
    }

    /// <summary>The server's last word in CONNACK.</summary>
    private async Task CheckProofAsync(ConnAckPacket connAck, CancellationToken cancellation)
    {
        if (options.Authentication is not { } authentication) return;
        if (connAck.Properties?.AuthenticationMethod is { } method && method != authentication.Method) throw UnknownMethod(method);
        if (!await authentication.CompleteAsync(connAck.Properties?.AuthenticationData, cancellation)) throw NotProved();
    }

    /// <summary>An AUTH on a connection at hand; under the gate.</summary>
    private void OnAuth(ReadOnlySpan<byte> body)
    {
        var auth = ReadAuth(body);
        if (reauthenticating is not { } done || current is not { } wire) throw new MqttLinkException(ReasonCode.ProtocolError, $"{endpoint}: AUTH although this side did not begin to authenticate again (5.0 §4.12.1)");
        _ = Task.Run(() => StepAsync(wire, done, auth), stopping.Token);
    }

    private async Task StepAsync(MqttWire wire, TaskCompletionSource done, AuthPacket auth)
    {
        var (authentication, data) = (options.Authentication!, auth.Properties?.AuthenticationData);
        try
        {
            if (auth.Code == ReasonCode.ContinueAuthentication)
            {
                var answer = await authentication.ContinueAsync(data, stopping.Token);
                lock (gate)
                {
                    if (current == wire) WriteAuth(wire, ReasonCode.ContinueAuthentication, authentication, answer);
                }
                return;
            }
            if (auth.Code != ReasonCode.Success || !await authentication.CompleteAsync(data, stopping.Token)) throw NotProved();
            lock (gate) reauthenticating = null;
            done.TrySetResult();
        }
        catch (Exception e)
        {
            done.TrySetException(new InvalidOperationException($"MQTT client: re-authentication failed: {e.Message}", e));
            lock (gate)
            {
                reauthenticating = null;
                if (current != wire) return;
                wire.Fail(new MqttLinkException(ReasonCode.NotAuthorized, $"{endpoint}: re-authentication failed: {e.Message}"));
            }
        }
    }

    /// <summary>Under the gate: the connection is gone.</summary>
    private void EndReauthentication()
    {
        reauthenticating?.TrySetException(new InvalidOperationException("MQTT client: the connection ended before the re-authentication was done"));
        reauthenticating = null;
    }

    private AuthPacket ReadAuth(ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodeAuth(body, options.Version, out var auth, out var error)) throw MqttLinkException.From(error);
        var method = auth.Properties?.AuthenticationMethod;
        return options.Authentication is null || (method is not null && method != options.Authentication.Method) ? throw UnknownMethod(method) : auth;
    }

    private MqttLinkException UnknownMethod(string? method) => new(ReasonCode.BadAuthenticationMethod,
        $"{endpoint} asks for enhanced authentication '{method}', {(options.Authentication is { } ours ? $"this client was given '{ours.Method}'" : "which this client was not given")}: set up the method on both sides, or let the server take user name and password");

    private MqttLinkException NotProved() => new(ReasonCode.NotAuthorized, $"{endpoint} did not prove who it is in the enhanced authentication '{options.Authentication!.Method}'");
}
