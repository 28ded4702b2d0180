using System.Security.Cryptography;
using System.Text;

namespace CityEdge.Hub.Security;

/// <summary>
/// Secrets of the hub. Tokens are 256-bit random and kept as HMAC-SHA-256 under a key of this data directory; only human passwords, which
/// people choose, get a slow hash (design §4, "Secrets").
/// </summary>
public sealed class Secrets
{
    private const int Iterations = 210_000;
    private readonly byte[] key;

    private Secrets(byte[] key) => this.key = key;

    /// <summary>Reads the key of the data directory, or makes one readable by the owner only.</summary>
    public static Secrets Open(string dataDirectory)
    {
        var file = Path.Combine(dataDirectory, "secret.key");
        if (!File.Exists(file))
        {
            // Whole or not at all: half a key would lock every device out.
            var made = file + ".new";
            File.Delete(made);
            WritePrivate(made, RandomNumberGenerator.GetBytes(32));
            File.Move(made, file);
        }
        var key = File.ReadAllBytes(file);
        return key.Length == 32 ? new Secrets(key) : throw new InvalidDataException($"{file} must hold 32 bytes, it holds {key.Length}: restore it from a backup, or remove it and issue all tokens anew.");
    }

    /// <summary>Writes a file that only its owner can read.</summary>
    public static void WritePrivate(string file, byte[] content)
    {
        using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>A new token: 256 random bits, base64url.</summary>
    public static string NewToken() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>What is stored of a token.</summary>
    public byte[] Fingerprint(ReadOnlySpan<byte> token) => HMACSHA256.HashData(key, token);

    /// <inheritdoc cref="Fingerprint(ReadOnlySpan{byte})" />
    public byte[] Fingerprint(string token) => Fingerprint(Encoding.UTF8.GetBytes(token));

    /// <summary>PBKDF2-HMAC-SHA-256, 210 000 rounds, 16-byte salt: <c>pbkdf2$rounds$salt$hash</c>.</summary>
    public static string HashPassword(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA256, 32);
        return $"pbkdf2${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    /// <summary>Checks a password in constant time; false for anything that is not a hash of ours.</summary>
    public static bool VerifyPassword(string password, string? stored)
    {
        var parts = stored?.Split('$');
        if (parts is not ["pbkdf2", var rounds, var salt, var hash] || !int.TryParse(rounds, out var iterations)) return false;
        var expected = Convert.FromBase64String(hash);
        var actual = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(salt), iterations, HashAlgorithmName.SHA256, expected.Length);
        return CryptographicOperations.FixedTimeEquals(actual, expected);
    }
}
