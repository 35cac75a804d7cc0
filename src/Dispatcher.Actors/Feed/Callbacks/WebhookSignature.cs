using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Dispatcher.Feed.Callbacks;

/// <summary>Signatures as Standard Webhooks defines them (https://github.com/standard-webhooks/standard-webhooks): symmetric, version 1.</summary>
public static class WebhookSignature
{
    /// <summary>Before the base64 of a secret, so that it is known for what it is.</summary>
    public const string SecretPrefix = "whsec_";

    /// <summary>A secret as people copy it.</summary>
    public static string TextOf(ReadOnlySpan<byte> secret) => SecretPrefix + Convert.ToBase64String(secret);

    /// <summary>The header <c>webhook-signature</c>: one signature a secret, space-separated, so that a receiver may know any of them.</summary>
    /// <param name="id">The header <c>webhook-id</c>; has no dot.</param>
    /// <param name="sentAtSeconds">The header <c>webhook-timestamp</c>: seconds since 1970.</param>
    public static string HeaderOf(IEnumerable<ReadOnlyMemory<byte>> secrets, string id, long sentAtSeconds, ReadOnlySpan<byte> body)
    {
        var prefix = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{sentAtSeconds}."));
        byte[] signed = [.. prefix, .. body];
        return string.Join(' ', secrets.Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret.Span, signed))}"));
    }
}
