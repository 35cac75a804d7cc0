using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>
/// An extension of the contract: two requests of a tenant with one <c>Idempotency-Key</c> are one job. The key becomes the job's number, so the claim on the number is the
/// claim on the key, and there is nothing to look up.
/// </summary>
internal static class OrderKey
{
    private const string Header = "Idempotency-Key";
    private const int LimitCharacters = 200;

    /// <summary>Numbers of the clock do not come so far for a hundred years, and all of these are exact in JavaScript.</summary>
    private const long First = 1L << 52;

    /// <param name="number">The job's number; null without the header.</param>
    public static bool TryRead(HttpContext http, string tenant, string type, out long? number, out ContractJson? refusal)
    {
        (number, refusal) = (null, null);
        var header = http.Request.Headers[Header];
        if (header.Count == 0) return true;
        if (header is not [{ Length: > 0 and <= LimitCharacters } key])
        {
            refusal = VideoAnswer.Error(StatusCodes.Status400BadRequest, $"The header {Header} must be 1 to {LimitCharacters} characters, once");
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}/{type}/{key}"), hash);
        number = First | (long)(BinaryPrimitives.ReadUInt64BigEndian(hash) & (First - 1));
        return true;
    }
}
