using Dispatcher.Web.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Dispatcher.Web.Hosting;

/// <summary>The endpoints of Dispatcher, apart from those of the application around it, so that each can be held to have a rule of access.</summary>
internal sealed class EndpointList(IServiceProvider services) : IEndpointRouteBuilder
{
    public IServiceProvider ServiceProvider { get; } = services;

    public ICollection<EndpointDataSource> DataSources { get; } = [];

    public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(ServiceProvider);

    /// <exception cref="InvalidOperationException">An endpoint has no rule of access.</exception>
    public void AddTo(IEndpointRouteBuilder app)
    {
        foreach (var source in DataSources)
        {
            AccessRules.Check(source.Endpoints);
            app.DataSources.Add(source);
        }
    }
}
