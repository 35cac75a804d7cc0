using System.Text.Json.Nodes;
using Dispatcher.Web.Json;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts;

/// <summary>An answer whose fields differ from case to case.</summary>
internal sealed class ContractJson(int status, JsonObject body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        return httpContext.Response.WriteAsync(body.ToJsonString(ApiJson.Options));
    }
}
