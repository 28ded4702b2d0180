using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using Microsoft.Data.Sqlite;
using static CityEdge.Contracts.AlarmChange;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class TicketStoreTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_transition_again_changes_nothing()
    {
        await using var scene = new Scene();
        AlarmInput[] all =
        [
            scene.Input(1, Raised, 0), scene.Input(1, SeverityChanged, 10, Severity.P2, raised: 0), scene.Input(1, VerifyBegan, 15, raised: 0),
            scene.Input(1, VerifyBroken, 16, raised: 0), scene.Input(1, Cleared, 20, raised: 0),
        ];
        await scene.Apply(all);
        var before = scene.Store.Record(scene.Only().Id);
        List<StoreChange> heard = [];
        scene.Store.Committed += heard.AddRange;
        await scene.Apply([.. all, .. all.Reverse()]);
        Assert.Empty(heard);
        Assert.Equal(before, scene.Store.Record(scene.Only().Id));
        Assert.Equal(1, scene.Only().AlarmCount);
    }

    [Fact]
    public async Task Ten_thousand_alarms_of_one_incident_are_one_ticket()
    {
        await using var scene = new Scene();
        await scene.Store.WriteAsync(t =>
        {
            for (var i = 0; i < 10_000; i++) t.Apply(scene.Input(i, Raised, i * 0.001, point: new PointId("bj-01", "gateway", $"p{i}")));
        }, Ct);
        var ticket = scene.Ticket(scene.Only().Id);
        Assert.Equal(10_000, ticket.AlarmCount);
        Assert.Equal((1000, 1000), (ticket.Alarms.Count, ticket.Timeline.Count));
        Assert.Equal(1, Count(scene, "SELECT count(*) FROM tickets"));
        Assert.Equal(10_000, Count(scene, "SELECT count(*) FROM alarms WHERE active = 1 AND ticket_id IS NOT NULL"));
        Assert.Null(scene.Store.Audit(ticket.Id));
        await scene.Store.WriteAsync(t =>
        {
            for (var i = 0; i < 10_000; i++) t.Apply(scene.Input(i, Cleared, 100 + (i * 0.001), raised: i * 0.001, point: new PointId("bj-01", "gateway", $"p{i}")));
        }, Ct);
        Assert.Equal(0, scene.Store.Record(ticket.Id)!.Active.Total());
        Assert.Equal(["self_clear"], scene.Only().Due.Keys);
        Assert.Equal(new PointId("bj-01", "gateway", "p9999"), Assert.Single(scene.Store.AnchoredDeadlines).Anchor);
    }

    [Fact]
    public async Task Parallel_raises_on_one_incident_make_one_ticket_every_round()
    {
        await using var scene = new Scene();
        for (var round = 0; round < 60; round++)
        {
            var incident = $"round-{round}";
            await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(
                () => scene.Apply(scene.Input((round * 100) + i, Raised, i, point: new PointId("bj-01", $"d{i}", $"r{round}"), incident: incident)), Ct)));
        }
        Assert.Equal(60, Count(scene, "SELECT count(*) FROM tickets"));
        Assert.Equal(960, Count(scene, "SELECT count(*) FROM alarms WHERE ticket_id IS NOT NULL"));
    }

    [Fact]
    public async Task The_database_itself_refuses_a_second_live_ticket_and_the_log_refuses_changes()
    {
        await using var scene = new Scene();
        await scene.Open();
        var second = scene.Store.WriteAsync(t => Run(t, "INSERT INTO tickets SELECT 't-other', 'other', incident_key, 1, published, state, severity, category, site, asset, rule, title_zh, title_en, origin, anchor, raised_at, opened_at, closed_at, outcome, first_complaint_at, reopen_count, version, last_hash, body FROM tickets"), Ct);
        Assert.Contains("UNIQUE constraint failed: tickets.incident_key", (await Assert.ThrowsAsync<SqliteException>(() => second)).Message, StringComparison.Ordinal);
        Assert.Contains("append-only", (await Assert.ThrowsAsync<SqliteException>(() => scene.Store.WriteAsync(t => Run(t, "UPDATE ticket_events SET actor = 'x'"), Ct))).Message, StringComparison.Ordinal);
        Assert.Contains("append-only", (await Assert.ThrowsAsync<SqliteException>(() => scene.Store.WriteAsync(t => Run(t, "DELETE FROM ticket_events"), Ct))).Message, StringComparison.Ordinal);
        Assert.Equal(1, Count(scene, "SELECT count(*) FROM tickets"));
    }

    [Fact]
    public async Task A_forged_log_line_is_found()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        Assert.Null(scene.Store.Audit(id));
        var log = scene.Store.Log(id);
        Assert.NotNull(TicketLog.FirstBreak(log.Select(l => l.Seq == 2 ? l with { Actor = "someone" } : l)));
        Assert.NotNull(TicketLog.FirstBreak(log.Where(l => l.Seq != 2)));
        Assert.NotNull(TicketLog.FirstBreak(log.SkipLast(1), log[^1].Hash));
        await scene.Store.WriteAsync(t => Run(t, "DROP TRIGGER ticket_events_no_update; UPDATE ticket_events SET payload = '{\"alarm\":\"x\"}' WHERE seq = 2"), Ct);
        Assert.Contains("line 2", scene.Store.Audit(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_waits_together_is_committed_together_and_a_work_that_throws_rolls_back_alone()
    {
        await using var scene = new Scene();
        List<int> commits = [];
        scene.Store.Committed += changes => commits.Add(changes.Count);
        using var gate = new ManualResetEventSlim();
        var first = scene.Store.WriteAsync(t =>
        {
            gate.Wait(TimeSpan.FromSeconds(10));
            t.SaveCursor(1);
        }, Ct);
        var works = Enumerable.Range(0, 200).Select(i => scene.Store.WriteAsync(
            t =>
            {
                t.Apply(scene.Input(i, Raised, 0, point: new PointId("s", "d", $"p{i}"), incident: $"i{i}"));
                t.SaveCursor(100 + i);
                return i % 10 == 3 ? throw new InvalidOperationException($"work {i}") : i;
            },
            Ct)).ToList();
        Assert.Equal(0, scene.Store.Cursor);
        gate.Set();
        await first;
        for (var i = 0; i < works.Count; i++)
        {
            if (i % 10 == 3) Assert.Equal($"work {i}", (await Assert.ThrowsAsync<InvalidOperationException>(() => works[i])).Message);
            else Assert.Equal(i, await works[i]);
        }
        Assert.Equal(180, Count(scene, "SELECT count(*) FROM tickets"));
        Assert.Equal(299, scene.Store.Cursor);
        Assert.True(commits.Count <= 2, $"200 works took {commits.Count} commits");
        Assert.Equal(360, commits.Sum());
        Assert.Null(scene.Store.EarliestDue(new PointId("s", "d", "p3")));
        Assert.NotNull(scene.Store.EarliestDue(new PointId("s", "d", "p4")));
    }

    [Fact]
    public async Task A_cancelled_work_does_not_run_and_a_kept_transaction_is_refused()
    {
        await using var scene = new Scene();
        using var gate = new ManualResetEventSlim();
        TicketTransaction? kept = null;
        var first = scene.Store.WriteAsync(t =>
        {
            kept = t;
            gate.Wait(TimeSpan.FromSeconds(10));
        }, Ct);
        using var cancel = new CancellationTokenSource();
        var second = scene.Store.WriteAsync(t => t.SaveCursor(9), cancel.Token);
        await cancel.CancelAsync();
        gate.Set();
        await first;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(0, scene.Store.Cursor);
        Assert.Throws<InvalidOperationException>(() => kept!.SaveCursor(1));
        Assert.Throws<InvalidOperationException>(() => kept!.Connection);
    }

    [Fact]
    public async Task A_kill_at_any_moment_keeps_what_was_acknowledged_and_nothing_of_what_was_not()
    {
        await using var scene = new Scene();
        List<string> images = [];
        for (var step = 0; step < 8; step++)
        {
            await scene.Store.WriteAsync(t =>
            {
                t.Apply(scene.Input(step, Raised, step, point: new PointId("s", "d", $"p{step}"), incident: $"i{step}"));
                t.SaveCursor(step + 1);
                images.Add(Image(scene)); // the disk as kill -9 would leave it, with this work not committed
            }, Ct);
            images.Add(Image(scene)); // and after it was acknowledged
        }
        for (var n = 0; n < images.Count; n++)
        {
            await using var store = TicketStore.Open(images[n], scene.Time);
            var acknowledged = (n + 1) / 2;
            Assert.Equal(acknowledged, store.Cursor);
            var tickets = store.List(new TicketQuery { States = TicketStates.All }).Items;
            Assert.Equal(acknowledged, tickets.Count);
            Assert.All(tickets, t => Assert.Null(store.Audit(t.Id)));
            Assert.Equal(acknowledged, store.AnchoredDeadlines.Count);
        }
    }

    [Fact]
    public async Task A_restart_keeps_deadlines_notices_cursor_and_snapshots_and_fires_nothing_twice()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0));
        await scene.Store.WriteAsync(t =>
        {
            t.SaveCursor(41);
            for (var i = 1; i <= 3; i++) t.SaveSnapshot(i * 10, [(byte)i]);
        }, Ct);
        await scene.Reopen();
        Assert.Equal((41, Scene.At(5)), (scene.Store.Cursor, scene.Store.EarliestDue(Scene.Boiler)));
        Assert.Equal((30L, (byte)3), (scene.Store.LoadSnapshot()!.Value.Position, scene.Store.LoadSnapshot()!.Value.Data[0]));
        Assert.Equal(20, scene.Store.LoadSnapshot(1)!.Value.Position);
        Assert.Null(scene.Store.LoadSnapshot(2));
        await scene.Fire(6);
        await scene.Reopen();
        await scene.Fire(7);
        var notice = Assert.Single(scene.Store.UnsentNotices(10));
        Assert.Equal((NoticeKind.Opened, Scene.At(5)), (notice.Kind, notice.AtMs));
        await scene.Store.WriteAsync(t => t.MarkNoticeSent(notice.Id, 1), Ct);
        await scene.Store.WriteAsync(t => t.MarkNoticeSent(notice.Id, 2), Ct);
        await scene.Reopen();
        Assert.Empty(scene.Store.UnsentNotices(10));
        Assert.Equal(1, Count(scene, "SELECT sent_at FROM notices"));
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_refused_with_the_mend()
    {
        await using var scene = new Scene();
        await scene.Store.WriteAsync(t => Run(t, "INSERT INTO schema_version VALUES ('tickets', 999, '999_future', 0)"), Ct);
        await scene.Store.DisposeAsync();
        var error = Assert.Throws<InvalidDataException>(() => TicketStore.Open(scene.Store.Path, scene.Time));
        Assert.Contains("version 999", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scene.Store.WriteAsync(t => t.SaveCursor(1), Ct));
        Assert.Throws<ObjectDisposedException>(() => scene.Store.Get("t-x"));
    }

    [Fact]
    public async Task A_listener_that_fails_does_not_make_a_stored_work_look_failed()
    {
        await using var scene = new Scene();
        var heard = 0;
        scene.Store.Committed += _ => throw new InvalidOperationException("listener");
        scene.Store.Committed += _ => heard++;
        await scene.Apply(scene.Input(1, Raised, 0));
        await scene.Apply(scene.Input(1, Cleared, 1, raised: 0));
        Assert.Equal(2, heard);
    }

    [Fact]
    public async Task The_writer_flushes_every_commit_and_reads_go_on_beside_it()
    {
        await using var scene = new Scene();
        var synchronous = await scene.Store.WriteAsync(t =>
        {
            using var command = t.Connection.CreateCommand();
            command.Transaction = t.Transaction;
            command.CommandText = "SELECT (SELECT synchronous FROM pragma_synchronous) || ' ' || (SELECT journal_mode FROM pragma_journal_mode)";
            return (string)command.ExecuteScalar()!;
        }, Ct);
        Assert.Equal("2 wal", synchronous);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(
            () =>
            {
                var reads = 0;
                while (!stop.IsCancellationRequested || reads == 0)
                {
                    foreach (var ticket in scene.Store.List(new TicketQuery { States = TicketStates.All, Limit = 20 }).Items)
                    {
                        // A view is of one moment: the timeline ends at the version.
                        Assert.Equal(ticket.Version, ticket.Timeline[^1].Seq);
                        reads++;
                    }
                }
                return reads;
            },
            Ct)).ToList();
        for (var i = 0; i < 100; i++) await scene.Apply(scene.Input(i, Raised, i, point: new PointId("s", "d", $"p{i}"), incident: $"i{i % 10}"));
        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
    }

    [Fact]
    public async Task Thousands_of_incidents_and_deadlines_are_fast()
    {
        await using var scene = new Scene();
        var begin = TimeProvider.System.GetTimestamp();
        await scene.Store.WriteAsync(t =>
        {
            for (var i = 0; i < 3000; i++) t.Apply(scene.Input(i, Raised, i * 0.01, point: new PointId("s", "d", $"p{i}"), incident: $"i{i}"));
        }, Ct);
        var applied = TimeProvider.System.GetElapsedTime(begin);
        begin = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => scene.Store.WriteAsync(t => t.FireDeadlines(new PointId("s", "d", $"p{i}"), Scene.At(1000)), Ct)));
        var fired = TimeProvider.System.GetElapsedTime(begin);
        begin = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 1_000_000; i++) _ = scene.Store.EarliestDue(Scene.Boiler);
        var looked = TimeProvider.System.GetElapsedTime(begin);
        TestContext.Current.SendDiagnosticMessage(
            "3000 raises in one work {0:0} ms; 1000 deadline works in groups {1:0} ms; EarliestDue {2:0} ns", applied.TotalMilliseconds, fired.TotalMilliseconds, looked.TotalMilliseconds);
        Assert.True(applied < TimeSpan.FromSeconds(20), $"3000 raises took {applied}");
        Assert.True(fired < TimeSpan.FromSeconds(10), $"1000 deadlines took {fired}");
    }

    private static void Run(TicketTransaction t, string sql)
    {
        using var command = t.Connection.CreateCommand();
        command.Transaction = t.Transaction;
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static long Count(Scene scene, string sql)
    {
        using var connection = scene.Store.OpenRead();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    private static string Image(Scene scene)
    {
        var to = scene.NewPath();
        foreach (var suffix in new[] { "", "-wal" })
        {
            using var from = new FileStream(scene.Store.Path + suffix, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = File.Create(to + suffix);
            from.CopyTo(copy);
        }
        return to;
    }
}
