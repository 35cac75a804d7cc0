using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Dispatcher.Kernel;

namespace Dispatcher.Web.Access;

/// <summary>
/// The text of an API key: <c>dk_</c>, an id of 12 characters (base32, lower case), <c>_</c>, and 32 random bytes as base64url. The id is public and names the key
/// in lists, events and logs; the whole text is a secret that only its owner has: the store keeps its SHA-256.
/// </summary>
internal static class ApiKey
{
    public const string Prefix = "dk_";
    public const int IdCharacters = 12;
    public const int HashBytes = SHA256.HashSizeInBytes;
    private const int SecretBytes = 32;
    private const int SecretCharacters = 43;
    private const int Characters = 3 + IdCharacters + 1 + SecretCharacters;
    private const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>A new key with an id of its own.</summary>
    public static (string Id, string Text) New(IdGenerator chance)
    {
        Span<byte> bytes = stackalloc byte[IdCharacters + SecretBytes];
        chance.Fill(bytes);
        var id = string.Create(IdCharacters, bytes[..IdCharacters], static (characters, random) =>
        {
            for (var index = 0; index < characters.Length; index++) characters[index] = Base32[random[index] & 31];
        });
        return (id, $"{Prefix}{id}_{Base64Url.EncodeToString(bytes[IdCharacters..])}");
    }

    /// <summary>True when the text looks like a key; the id is a part of it.</summary>
    public static bool TryReadId(ReadOnlySpan<char> text, out ReadOnlySpan<char> id)
    {
        id = default;
        if (text.Length != Characters || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length + IdCharacters] != '_') return false;
        id = text.Slice(Prefix.Length, IdCharacters);
        return !id.ContainsAnyExcept(Base32) && Ascii.IsValid(text);
    }

    /// <summary>What the store keeps of a key.</summary>
    public static byte[] HashOf(string text)
    {
        var hash = new byte[HashBytes];
        Hash(text, hash);
        return hash;
    }

    /// <summary>Compares in a time that does not tell how much of the key was right.</summary>
    public static bool Matches(ReadOnlySpan<char> text, ReadOnlySpan<byte> storedHash)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Hash(text, hash);
        return CryptographicOperations.FixedTimeEquals(hash, storedHash);
    }

    private static void Hash(ReadOnlySpan<char> text, Span<byte> hash)
    {
        Debug.Assert(text.Length == Characters, "Only texts that look like keys are hashed.");
        Span<byte> bytes = stackalloc byte[Characters];
        Encoding.ASCII.GetBytes(text, bytes);
        SHA256.HashData(bytes, hash);
    }
}
