using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json.Nodes;
using CityEdge.Contracts;
using CityEdge.Mqtt;
using CityEdge.Rules;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>How the rules come, are kept, and what is said of them.</summary>
internal sealed partial class LocalRules
{
    private RuleSet? offered;
    private long refused;
    private string? refusal;
    private int reportDue;

    /// <summary>
    /// A desired configuration has come: it is on disk when this returns, and in force soon after. What cannot be read is counted, kept as it came in <c>rules/refused</c>, told in the report, and changes
    /// nothing.
    /// </summary>
    public void Offer(ReadOnlyMemory<byte> payload)
    {
        if (DeviceConfigJson.Decode(payload.Span, out var error) is not { } desired)
        {
            logger.LogError("The hub's configuration of {Bytes} bytes cannot be used, and the one before stays: {Error}", payload.Length, error);
            Interlocked.Increment(ref refused);
            Volatile.Write(ref refusal, error);
            TryWrite(RuleFolder.Refused, payload.Span);
        }
        else
        {
            Volatile.Write(ref refusal, null);
            TryWrite(RuleFolder.Config, payload.Span);
            Volatile.Write(ref offered, new RuleSet(desired, config.Site, config.Device));
        }
        Volatile.Write(ref reportDue, 1);
        Wake();
    }

    private void Load()
    {
        try
        {
            if (folder.Read(RuleFolder.Config) is not { } stored) return;
            if (DeviceConfigJson.Decode(stored, out var error) is not { } desired)
            {
                logger.LogError("rules/{File} cannot be read ({Error}): no rule runs here until the hub sends its configuration again", RuleFolder.Config, error);
                Interlocked.Increment(ref refused);
                Volatile.Write(ref refusal, error);
                return;
            }
            Volatile.Write(ref reportDue, 1);
            rules = new RuleSet(desired, config.Site, config.Device);
            if (rules.Runs) Resume();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogError(e, "The rules on disk cannot be read: none runs here until the hub sends its configuration again");
        }
        finally
        {
            Refresh();
        }
    }

    /// <summary>Goes on where the state on disk was taken; without it, with the readings that the spool still holds for it.</summary>
    private void Resume()
    {
        cursor = spool.Log.OpenCursor(CursorName, spool.Log.DurableEnd);
        Volatile.Write(ref position, cursor.Position);
        var state = folder.ReadSealed(RuleFolder.State, out var damaged);
        if (state is not null && state.Length >= 12 && BinaryPrimitives.ReadInt32LittleEndian(state.AsSpan(8)) is >= 0 and var length && length <= state.Length - 12)
        {
            var loaded = RuleEngine.Load(state.AsSpan(12 + length), Options(rules!), rules!.Rules, rules.Contexts);
            if (loaded.Engine is not null && LocalAlarm.Decode(state.AsSpan(12, length)) is { } open)
            {
                engine = loaded.Engine;
                alarms.AddRange(open);
                transitions.AddRange(loaded.Transitions);
                Volatile.Write(ref position, BinaryPrimitives.ReadInt64LittleEndian(state));
            }
            else
            {
                logger.LogWarning("The rules begin anew: {Problem}", loaded.Error ?? "the list of open alarms cannot be read");
            }
        }
        else if (damaged)
        {
            logger.LogWarning("The rules begin anew: rules/{File} is damaged", RuleFolder.State);
        }
        if (engine is null) Begin();
        Volatile.Write(ref listening, 1);
        Tell(Now);
        Publish(Now);
    }

    /// <summary>The agent tells of every alarm: what is too old to send anyone is the hub's to say.</summary>
    private static RuleEngineOptions Options(RuleSet rules) => new() { MaxAge = null, Seasons = rules.Calendar };

    private void Begin()
    {
        engine = new RuleEngine(Options(rules!));
        foreach (var rule in rules!.Rules) engine.SetRule(rule, Now, transitions);
        foreach (var point in rules.Contexts) engine.SetPoint(point, Now, transitions);
    }

    /// <summary>The new configuration replaces the one before as a whole; what stays the same goes on.</summary>
    private void Adopt(RuleSet next)
    {
        var before = rules;
        rules = next;
        if (!next.Runs)
        {
            Volatile.Write(ref listening, 0);
            if (engine is not null) spool.Log.RemoveCursor(CursorName);
            (engine, cursor, changed) = (null, null, false);
            alarms.Clear();
            TryDelete(RuleFolder.State);
        }
        else if (engine is null)
        {
            // What came before the rule is not its business.
            cursor = spool.Log.OpenCursor(CursorName, spool.Log.DurableEnd);
            Volatile.Write(ref position, cursor.Position);
            Begin();
            Volatile.Write(ref listening, 1);
            changed = true;
        }
        else
        {
            if (next.Config.Calendar != before!.Config.Calendar)
            {
                // The same state, judged by other dates from now on.
                var state = new ArrayBufferWriter<byte>();
                engine.Save(state);
                engine = RuleEngine.Load(state.WrittenSpan, Options(next), before.Rules, before.Contexts).Engine ?? new RuleEngine(Options(next));
            }
            foreach (var gone in before.Rules.Where(r => next.Find(r.Id) is null)) engine.RemoveRule(gone.Id, Now, transitions);
            foreach (var gone in before.Contexts.Where(p => next.Contexts.All(c => c.Id != p.Id))) engine.RemovePoint(gone.Id, Now, transitions);
            foreach (var point in next.Contexts) engine.SetPoint(point, Now, transitions);
            foreach (var rule in next.Rules) engine.SetRule(rule, OpenAlarms.Keep, Now, transitions);
            changed = true;
        }
        logger.LogInformation("Configuration {Version}: {Running} of {Count} rules run on {Points} points", next.Config.Version, next.Rules.Count, next.Config.Rules.Count, next.Contexts.Count);
        foreach (var report in next.Reports.Where(r => r.Error is not null)) logger.LogError("Rule {Rule} version {Version} does not run here: {Error}", report.Id, report.Version, report.Error);
        Tell(Now);
        for (var i = 0; i < alarms.Count; i++) alarms[i] = alarms[i] with { Version = next.Find(alarms[i].Rule)?.Version ?? alarms[i].Version };
        // What stands is told under the versions that the hub has now: it does not hear words about others.
        if (alarms.Count > 0) Volatile.Write(ref connected, 1);
        if (changed) Save();
        Publish(Now);
    }

    /// <summary>State and position in one file, then the cursor: what is told again after a crash has the same ids.</summary>
    private void Save()
    {
        if (engine is null || cursor is null || untold.Count > 0) return;
        var open = LocalAlarm.Encode(alarms);
        var to = new ArrayBufferWriter<byte>(4096);
        BinaryPrimitives.WriteInt64LittleEndian(to.GetSpan(8), position);
        to.Advance(8);
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(4), open.Length);
        to.Advance(4);
        to.Write(open);
        engine.Save(to);
        try
        {
            folder.WriteSealed(RuleFolder.State, to.WrittenSpan);
            cursor.Commit(position);
            changed = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogWarning("The state of the rules cannot be stored, and is tried again: {Message}", e.Message);
        }
        savedAt = wireClock.GetTimestamp();
    }

    /// <summary>Open alarms for whoever looks from outside: the status command, and a file for a kiosk on the same machine.</summary>
    private void Publish(long nowMs)
    {
        Refresh();
        var document = new JsonObject { ["at"] = Rfc3339.Format(nowMs), ["alarms"] = new JsonArray([.. alarms.Select(a => (JsonNode)a.ToJson(rules?.Find(a.Rule)))]) };
        TryWrite(RuleFolder.Alarms, System.Text.Encoding.UTF8.GetBytes(document.ToJsonString()));
    }

    private void Refresh()
    {
        var report = new DeviceConfigReport { Version = rules?.Config.Version, Rules = rules?.Reports ?? [], Refused = Interlocked.Read(ref refused), Error = Volatile.Read(ref refusal) };
        Volatile.Write(ref status, new LocalRulesStatus(report, [.. alarms], rules?.Config.LeftOut ?? [], told, faults));
    }

    private void Report()
    {
        if (Volatile.Read(ref reportDue) == 0) return;
        Refresh();
        if (link.State != MqttLinkState.Connected || Interlocked.Exchange(ref reportDue, 0) == 0) return;
        // Not awaited: the link keeps it and sends it again until it has an answer.
        _ = link.PublishAsync(new MqttMessage(Topics.ConfigReported(config.Site, config.Device), DeviceConfigJson.Encode(Status.Report), QoS.AtLeastOnce, Retain: true))
            .ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }

    private void TryWrite(string name, ReadOnlySpan<byte> bytes)
    {
        try
        {
            folder.Write(name, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogError("rules/{File} cannot be written: {Message}", name, e.Message);
        }
    }

    private void TryDelete(string name)
    {
        try
        {
            folder.Delete(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogError("rules/{File} cannot be removed: {Message}", name, e.Message);
        }
    }
}
