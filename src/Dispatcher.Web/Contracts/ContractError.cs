using System.Globalization;
using System.Text.Json.Nodes;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;

namespace Dispatcher.Web.Contracts;

/// <summary>A refusal in the form that contracts of other systems have: <c>{"error": "a sentence", "code": "a-word", ...}</c>.</summary>
internal sealed class ContractError(Refusal refusal) : IResult
{
    public Refusal Refusal => refusal;

    public static ContractError Of(int status, string code, string error, JsonObject? more = null) => new(new Refusal(status, code, error) { More = more });

    public static ContractError Of(int status, string code, IReadOnlyList<RequestFault> faults) => new(Refusal.Of(faults, status, code));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var body = new JsonObject { ["error"] = refusal.Detail, ["code"] = refusal.Code };
        if (refusal.Faults.Count > 0) body["faults"] = new JsonArray([.. refusal.Faults.Select(fault => fault.ToJson())]);
        foreach (var (name, value) in refusal.More ?? []) body[name] = value?.DeepClone();
        if (refusal.RetryAfterSeconds is { } seconds) httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        httpContext.Response.StatusCode = refusal.Status;
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        return httpContext.Response.WriteAsync(body.ToJsonString(Json.ApiJson.Options));
    }
}
