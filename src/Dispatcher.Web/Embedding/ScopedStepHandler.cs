using Dispatcher.Steps;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Embedding;

/// <summary>Resolves the application's handler anew for each attempt, so that it may use scoped services such as a database context.</summary>
internal sealed class ScopedStepHandler<THandler> : IStepHandler
    where THandler : class, IStepHandler
{
    private readonly IServiceScopeFactory _scopes;

    public ScopedStepHandler(IServiceScopeFactory scopes)
    {
        _scopes = scopes;
        using var scope = scopes.CreateScope();
        var sample = scope.ServiceProvider.GetRequiredService<THandler>();
        (Name, With) = (sample.Name, sample.With);
    }

    public string Name { get; }

    public JsonSchema? With { get; }

    public async ValueTask<StepResult> Run(StepContext context)
    {
        await using var scope = _scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<THandler>().Run(context);
    }
}
