using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Dispatcher.Web.OpenApi;

/// <summary>The gateway as an OpenAPI 3.1 document at <c>/openapi/v1.json</c>, made from the endpoints themselves and their doc comments.</summary>
/// <remarks>
/// It is made once and kept: that takes a tenth of a second of a processor, anybody may ask for it, and the endpoints do not change while the server runs.
/// </remarks>
internal sealed class ApiDocument([FromKeyedServices(ApiDocument.Name)] IOpenApiDocumentProvider provider)
{
    public const string Name = "v1";

    private readonly Lock _lock = new();
    private Task<Published>? _published;

    public static async Task<FileContentHttpResult> Get(ApiDocument document)
    {
        var published = await document.Publish();
        return TypedResults.Bytes(published.Json, "application/json;charset=utf-8", entityTag: published.Tag);
    }

    /// <summary>Made by the first who asks, for all who ask meanwhile; one that could not be made is tried again by the next.</summary>
    public Task<Published> Publish()
    {
        lock (_lock) return _published is null or { IsCompleted: true, IsCompletedSuccessfully: false } ? _published = Make() : _published;
    }

    private async Task<Published> Make()
    {
        await Task.Yield();
        using var json = new MemoryStream();
        await (await provider.GetOpenApiDocumentAsync()).SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        var bytes = json.ToArray();
        return new Published(bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16))}\""));
    }

    /// <param name="Json">In UTF-8.</param>
    public sealed record Published(byte[] Json, EntityTagHeaderValue Tag);
}
