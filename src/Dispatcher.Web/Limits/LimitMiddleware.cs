using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Problems;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web.Limits;

/// <summary>Holds the bodies and the tenants of requests within their limits. Runs when the caller is known and before anything of the body is read.</summary>
internal sealed class LimitMiddleware(RequestDelegate next, TenantGates gates, IHostApplicationLifetime application, IOptions<DispatcherOptions> options)
{
    private readonly WebOptions _web = options.Value.Web;

    public async Task InvokeAsync(HttpContext http)
    {
        var rule = http.GetEndpoint()?.Metadata.GetMetadata<LimitRule>();
        if (rule is not { TakesHead: true }) LimitBody(http, BodyLimitOf(rule));
        if (http.Features.Get<Caller>() is not { } caller)
        {
            await next(http);
            return;
        }

        var isStream = rule is { IsStream: true } || Credentials.IsLive(http.Request.Path);
        var gate = gates.Of(caller.Tenant);
        var answer = gate.Enter(isStream);
        if (answer != TenantGateAnswer.Entered)
        {
            http.Response.Headers.RetryAfter = "1";
            await Problem.Of(StatusCodes.Status429TooManyRequests, "too-many-requests", Detail(answer)).ExecuteAsync(http);
            return;
        }

        try
        {
            if (isStream) await StreamLife.Run(http, caller, application.ApplicationStopping, next);
            else await next(http);
        }
        finally
        {
            gate.Leave(isStream);
        }
    }

    private long BodyLimitOf(LimitRule? rule) => rule switch
    {
        { TakesFile: true } => _web.ArtifactLimitBytes,
        { TakesBatch: true } => _web.BatchBodyLimitBytes,
        _ => _web.BodyLimitBytes,
    };

    /// <summary>A body that says it is larger is refused before anything runs; one that does not say is cut where it goes beyond.</summary>
    private static void LimitBody(HttpContext http, long limitBytes)
    {
        if (http.Request.ContentLength > limitBytes) throw new BadHttpRequestException("Request body too large.", StatusCodes.Status413PayloadTooLarge);
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature) feature.MaxRequestBodySize = limitBytes;
    }

    private string Detail(TenantGateAnswer answer) => answer switch
    {
        TenantGateAnswer.RequestsUsedUp => $"Your tenant has {gates.Limits.Requests} requests under way, which is the limit; send fewer at once.",
        TenantGateAnswer.StreamsUsedUp => $"Your tenant has {gates.Limits.Streams} live feeds and long polls open, which is the limit; close some.",
        _ => $"Your tenant may send {gates.Limits.RatePerSecond} requests a second; slow down.",
    };
}
