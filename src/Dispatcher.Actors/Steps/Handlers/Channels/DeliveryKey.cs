using System.Security.Cryptography;
using System.Text;

namespace Dispatcher.Steps.Handlers.Channels;

/// <summary>Names that come out the same whenever they are made again: for receipts, and for receivers that take a thing once.</summary>
internal static class DeliveryKey
{
    /// <summary>A UUID of version 8 (RFC 9562): the beginning of the SHA-256 of a text.</summary>
    public static string Of(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        var bytes = hash[..16];
        bytes[6] = (byte)(0x80 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true).ToString("D");
    }
}
