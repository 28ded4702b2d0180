using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// The file that all others hang on, <c>catalog.db</c>: the journal position with the heads it covers, names of series, up to where each is sealed, and which
/// days are rolled up. What a day file refers to is here first; the position moves last. Every change is inside <see cref="SqlFile.InTransaction"/>.
/// </summary>
internal sealed class Catalog : SqlFile
{
    public const string FileName = "catalog.db";

    private const string Tables = """
        CREATE TABLE series (id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, point TEXT NOT NULL, kind TEXT NOT NULL, UNIQUE (site, device, point, kind));
        CREATE TABLE sealed (series_id INTEGER PRIMARY KEY, through INTEGER NOT NULL);
        CREATE TABLE head_segment (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
        CREATE TABLE late_file (start_day INTEGER PRIMARY KEY);
        CREATE TABLE rolled (day INTEGER PRIMARY KEY);
        CREATE TABLE stale (day INTEGER NOT NULL, series_id INTEGER NOT NULL, PRIMARY KEY (day, series_id)) WITHOUT ROWID;
        CREATE TABLE packed (start_day INTEGER PRIMARY KEY);
        INSERT INTO meta VALUES ('position', 0)
        """;

    public Catalog(string path) : base(path, readOnly: false, cacheKilobytes: 8192)
    {
        try
        {
            Prepare(Tables, 2);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public long Position => Meta("position") ?? 0;

    public IEnumerable<Series> LoadSeries()
    {
        var row = this["SELECT id, site, device, point, kind, through FROM series LEFT JOIN sealed ON series_id=id"];
        while (row.Step())
        {
            if (!KindNames.TryParse(row.Text(4), out var kind)) throw new InvalidDataException($"{Path}: series {row.Long(0)} has the unknown kind '{row.Text(4)}'; run the newer program that wrote it.");
            yield return new Series(row.Long(0), new PointId(row.Text(1), row.Text(2), row.Text(3)), kind) { SealedThrough = row.IsNull(5) ? long.MinValue : row.Long(5) };
        }
    }

    public IEnumerable<byte[]> LoadSegments()
    {
        var row = this["SELECT body FROM head_segment ORDER BY id"];
        while (row.Step()) yield return row.Blob(0).ToArray();
    }

    public List<int> Days(string sql)
    {
        var days = new List<int>();
        var row = this[sql];
        while (row.Step()) days.Add((int)row.Long(0));
        return days;
    }

    public List<(int Day, long Series)> LoadStale()
    {
        var stale = new List<(int, long)>();
        var row = this["SELECT day, series_id FROM stale"];
        while (row.Step()) stale.Add(((int)row.Long(0), row.Long(1)));
        return stale;
    }

    public void AddSeries(Series series) => this["INSERT OR IGNORE INTO series VALUES (?, ?, ?, ?, ?)"]
        .Bind(1, series.Id).Bind(2, series.Point.Site).Bind(3, series.Point.Device).Bind(4, series.Point.Name).Bind(5, KindNames.Name(series.Kind)).Run();

    public void SetSealed(Series series) => this["INSERT OR REPLACE INTO sealed VALUES (?, ?)"].Bind(1, series.Id).Bind(2, series.SealedThrough).Run();

    public void ClearSegments() => this["DELETE FROM head_segment"].Run();

    public void AddSegment(ReadOnlySpan<byte> body) => this["INSERT INTO head_segment (body) VALUES (?)"].Bind(1, body).Run();

    /// <summary>A statement with one number.</summary>
    public void Run(string sql, long value) => this[sql].Bind(1, value).Run();

    public void Run(string sql, long value, long second) => this[sql].Bind(1, value).Bind(2, second).Run();
}
