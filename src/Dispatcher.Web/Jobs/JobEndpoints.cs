using Dispatcher.Web.Embedding;
using Dispatcher.Web.Hosting;
using Dispatcher.Web.Jobs.Bulk;
using Dispatcher.Web.Jobs.Commanding;
using Dispatcher.Web.Jobs.Creating;
using Dispatcher.Web.Jobs.Explaining;
using Dispatcher.Web.Jobs.Forecasting;
using Dispatcher.Web.Jobs.Graphs;
using Dispatcher.Web.Jobs.Listing;
using Dispatcher.Web.Jobs.Reading;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Jobs;

/// <summary>Jobs: make, list, read and command them.</summary>
internal static class JobEndpoints
{
    public static IServiceCollection AddJobs(this IServiceCollection services) => services.AddSingleton<JobReader>().AddSingleton<CommandSender>().AddSingleton<JobForecaster>()
        .AddSingleton(new EmbeddedHandler(provider => new BulkHandler(provider.GetRequiredService<DispatcherEngine>())));

    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        var jobs = api.MapGroup("").WithTags("jobs");
        jobs.MapCreate();
        jobs.MapList();
        jobs.MapReads();
        jobs.MapWhy();
        jobs.MapGraph();
        jobs.MapCommands();
        jobs.MapBulk();
    }
}
