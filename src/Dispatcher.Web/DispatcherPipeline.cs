using Dispatcher.Web.Access;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Limits;
using Dispatcher.Web.Requests;
using Dispatcher.Web.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Dispatcher.Web;

/// <summary>What each request passes on its way to an endpoint.</summary>
internal static class DispatcherPipeline
{
    public static IServiceCollection AddPipeline(this IServiceCollection services) => services
        .AddCors()
        .AddSingleton<OurRequests>()
        .AddSingleton<TenantGates>();

    /// <summary>Leaves requests to other parts of the application as they are.</summary>
    public static void UseDispatcher(this WebApplication app)
    {
        var ours = app.Services.GetRequiredService<OurRequests>();
        var origins = app.Services.GetRequiredService<IOptions<DispatcherOptions>>().Value.Web.AllowedOrigins;
        app.UseWhen(ours.Has, branch =>
        {
            branch.UseMiddleware<TraceMiddleware>();
            branch.UseMiddleware<RequestMiddleware>();
            branch.UseMiddleware<OriginMiddleware>();
            if (origins.Count > 0) branch.UseCors(policy => policy.WithOrigins([.. origins]).AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(CorrelationIds.Header, "ETag", "Retry-After"));
            branch.UseMiddleware<AccessMiddleware>();
            branch.UseMiddleware<LimitMiddleware>();
        });
    }
}
