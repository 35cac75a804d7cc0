using System.Text.Json;
using Dispatcher.Web.Json;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts;

/// <summary>The body of a request as JSON; a fault is told in the form of the contract.</summary>
internal static class ContractBody
{
    public static async ValueTask<(JsonElement Body, ContractError? Fault)> ReadObject(HttpContext http)
    {
        try
        {
            if (!http.Request.HasJsonContentType()) return (default, ContractError.Of(StatusCodes.Status415UnsupportedMediaType, "unsupported-media-type", "Send the body as Content-Type: application/json."));
            var body = await JsonSerializer.DeserializeAsync(http.Request.Body, ApiJson.Options.GetTypeInfo(typeof(JsonElement)), http.RequestAborted);
            return body is JsonElement { ValueKind: JsonValueKind.Object } json
                ? (json, null)
                : (default, ContractError.Of(StatusCodes.Status400BadRequest, "invalid-json", "The body must be a JSON object."));
        }
        catch (JsonException fault)
        {
            return (default, ContractError.Of(StatusCodes.Status400BadRequest, "invalid-json", $"The body is not valid JSON: {fault.Message}"));
        }
        catch (BadHttpRequestException fault) when (fault.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (default, ContractError.Of(StatusCodes.Status413PayloadTooLarge, "too-large", "The body is larger than this server takes."));
        }
    }
}
