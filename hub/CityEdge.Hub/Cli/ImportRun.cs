using System.Globalization;
using System.IO.Compression;
using System.Text;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Cli;

/// <summary>One import from a file or standard input, told line by line.</summary>
internal sealed class ImportRun(string name, ReadingSelection.Chosen chosen, string precision, ImportTarget target)
{
    private const int MaxTold = 20;
    private readonly ProgressLine shown = new(name);
    private long rows;
    private long bad;
    private long other;
    private int unregistered;
    private long next = 1;

    /// <summary>Reads to the end; an import that is cut off says where to go on.</summary>
    public async Task RunAsync(Stream source, long fromLine, CancellationToken ct)
    {
        next = fromLine;
        using var text = new StreamReader(await UnpackedAsync(source, ct), Encoding.UTF8);
        try
        {
            await ReadingImport.ReadAsync(text, chosen.Format, precision, fromLine, TakeAsync, Bad, ct);
        }
        catch (Exception error) when (error is OperationCanceledException or CommandFailedException or IOException or InvalidDataException or TelemetryUnavailableException)
        {
            shown.End();
            var why = error is OperationCanceledException ? "cut off" : error.Message;
            throw new CommandFailedException(string.Create(CultureInfo.InvariantCulture, $"{name}: {why}. {rows} readings are stored, all before line {next}. Go on with --from-line {next}."));
        }
        shown.End();
    }

    public void Report(bool json)
    {
        if (json) Output.Json(new { rows, bad, other, unregistered });
        else Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {rows} readings stored{(other > 0 ? $", {other} not chosen" : "")}{(unregistered > 0 ? ", some of points that register at their first message" : "")}."));
        if (bad > 0) throw new CommandFailedException(string.Create(CultureInfo.InvariantCulture, $"{name}: {bad} lines were not taken{(bad > MaxTold ? $", the first {MaxTold} are above" : "")}. Mend them and import again: what is stored already does not change."));
    }

    private async ValueTask TakeAsync(IReadOnlyList<(long Line, TelemetryRow Row)> batch, long nextLine, CancellationToken ct)
    {
        var some = batch.Where(b => chosen.Takes(b.Row.Point) && b.Row.TimeMs >= chosen.FromMs && b.Row.TimeMs < chosen.ToMs).ToList();
        other += batch.Count - some.Count;
        if (some.Count > 0)
        {
            var (refused, unknown) = await target.TakeAsync(some, ct);
            foreach (var line in refused) Bad(line);
            rows += some.Count - refused.Count;
            unregistered = Math.Max(unregistered, unknown);
        }
        next = nextLine;
        shown.Show(string.Create(CultureInfo.InvariantCulture, $"{rows} readings, line {next}"));
    }

    private void Bad(ReadingImport.BadLine line)
    {
        if (bad++ < MaxTold) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}:{line.Line}: {line.Message}"));
    }

    /// <summary>Gzip is known by its first two bytes.</summary>
    private static async Task<Stream> UnpackedAsync(Stream source, CancellationToken ct)
    {
        var buffered = new BufferedStream(source, 64 * 1024);
        var start = new byte[2];
        var read = await buffered.ReadAtLeastAsync(start, 2, throwOnEndOfStream: false, ct);
        var whole = new Prefixed(start.AsMemory(0, read), buffered);
        return read == 2 && start[0] == 0x1f && start[1] == 0x8b ? new GZipStream(whole, CompressionMode.Decompress) : whole;
    }

    /// <summary>A stream whose first bytes were read already.</summary>
    private sealed class Prefixed(ReadOnlyMemory<byte> first, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> first = first;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (first.IsEmpty) return rest.Read(buffer, offset, count);
            var taken = Math.Min(count, first.Length);
            first[..taken].CopyTo(buffer.AsMemory(offset, taken));
            first = first[taken..];
            return taken;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (first.IsEmpty) return await rest.ReadAsync(buffer, cancellationToken);
            var taken = Math.Min(buffer.Length, first.Length);
            first[..taken].CopyTo(buffer);
            first = first[taken..];
            return taken;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing) => rest.Dispose();
    }
}
