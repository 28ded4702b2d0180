namespace CityEdge.SegmentLog;

public sealed partial class PowerCutFiles
{
    private sealed class Booted(PowerCutFiles disk, int epoch) : ILogFiles
    {
        public void CreateDirectory(string path) => Alive(path);

        public IReadOnlyList<string> List(string directory)
        {
            lock (disk.gate)
            {
                Alive(directory);
                return [.. disk.names.Keys.Where(p => Path.GetDirectoryName(p) == directory).Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];
            }
        }

        public ILogFile Open(string path, bool create)
        {
            lock (disk.gate)
            {
                Alive(path);
                if (create)
                {
                    disk.Step("open", path);
                    disk.Change(new NameChange(Path.GetDirectoryName(path)!, null, path, new Node()));
                }
                return OpenRead(path);
            }
        }

        public ILogFile OpenRead(string path)
        {
            lock (disk.gate)
            {
                Alive(path);
                if (!disk.names.TryGetValue(path, out var node)) throw new FileNotFoundException($"No file {path}.", path);
                return new OpenFile(disk, node, path, epoch);
            }
        }

        public void Rename(string from, string to)
        {
            lock (disk.gate)
            {
                Alive(from);
                disk.Step("rename", from);
                if (!disk.names.TryGetValue(from, out var node)) throw new FileNotFoundException($"No file {from}.", from);
                disk.Change(new NameChange(Path.GetDirectoryName(to)!, from, to, node));
            }
        }

        public void Delete(string path)
        {
            lock (disk.gate)
            {
                Alive(path);
                if (!disk.names.ContainsKey(path)) return;
                disk.Step("delete", path);
                disk.Change(new NameChange(Path.GetDirectoryName(path)!, path, null, null));
            }
        }

        public void FlushDirectory(string path)
        {
            lock (disk.gate)
            {
                Alive(path);
                disk.Step("flush-directory", path);
                if (disk.IgnoreFlushes) return;
                foreach (var change in disk.unflushedNames)
                {
                    if (change.Directory == path) Apply(disk.durableNames, change);
                }
                disk.unflushedNames.RemoveAll(c => c.Directory == path);
            }
        }

        public IDisposable Lock(string directory)
        {
            lock (disk.gate)
            {
                Alive(directory);
                if (!disk.locked.Add(directory)) throw new IOException($"{directory} is in use by another process.");
                return new Hold(disk, directory, epoch);
            }
        }

        private void Alive(string path)
        {
            if (disk.epoch != epoch) throw new IOException($"The power was cut: {path} cannot be reached.");
        }
    }

    private sealed class Hold(PowerCutFiles files, string directory, int epoch) : IDisposable
    {
        public void Dispose()
        {
            lock (files.gate)
            {
                if (files.epoch == epoch) files.locked.Remove(directory);
            }
        }
    }

    private sealed class OpenFile(PowerCutFiles files, Node node, string path, int epoch) : ILogFile
    {
        private bool disposed;

        public long Length
        {
            get
            {
                lock (files.gate) return Alive().Length;
            }
        }

        public int Read(Span<byte> into, long offset)
        {
            lock (files.gate) return Alive().Read(into, offset);
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            lock (files.gate)
            {
                // The bytes reach the cache first: a cut during a write may keep some of its sectors.
                Alive().Write(bytes, offset);
                files.Step("write", path);
            }
        }

        public void Flush()
        {
            lock (files.gate)
            {
                Alive();
                files.Step("flush", path);
                if (!files.IgnoreFlushes) node.Flush();
            }
        }

        public void Dispose() => disposed = true;

        private Node Alive()
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return files.epoch == epoch ? node : throw new IOException($"The power was cut while {path} was open.");
        }
    }

    private sealed class Node
    {
        private readonly HashSet<long> dirty = [];
        private byte[] cached = [];
        private byte[] durable = [];
        private int durableLength;

        public int Length { get; private set; }

        public int Read(Span<byte> into, long offset)
        {
            var count = (int)Math.Clamp(Length - offset, 0, into.Length);
            cached.AsSpan((int)Math.Min(offset, Length), count).CopyTo(into);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            var to = (int)(offset + bytes.Length);
            if (to > cached.Length) Array.Resize(ref cached, Math.Max((to + Sector - 1) / Sector * Sector, Math.Min(cached.Length * 2, 1 << 28)));
            bytes.CopyTo(cached.AsSpan((int)offset));
            Length = Math.Max(Length, to);
            for (var sector = offset / Sector; sector * Sector < to; sector++) dirty.Add(sector);
        }

        public void Flush()
        {
            foreach (var sector in dirty) Keep(sector);
            dirty.Clear();
            durableLength = Length;
        }

        public void Cut(Random random, double share)
        {
            foreach (var sector in dirty.Order())
            {
                if (random.NextDouble() < share) Keep(sector);
            }
            dirty.Clear();
            // The length is metadata of its own: without a flush it may or may not have been stored.
            if (random.NextDouble() >= share) Length = durableLength;
            durableLength = Length;
            if (durable.Length < Length) Array.Resize(ref durable, (Length + Sector - 1) / Sector * Sector);
            durable.AsSpan(Length).Clear();
            cached = (byte[])durable.Clone();
        }

        private void Keep(long sector)
        {
            var from = (int)(sector * Sector);
            if (durable.Length < from + Sector) Array.Resize(ref durable, Math.Max(from + Sector, cached.Length));
            cached.AsSpan(from, Math.Min(Sector, cached.Length - from)).CopyTo(durable.AsSpan(from));
        }
    }
}
