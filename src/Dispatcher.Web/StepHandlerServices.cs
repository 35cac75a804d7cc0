using Dispatcher.Steps;
using Dispatcher.Steps.Functions;
using Dispatcher.Web.Embedding;
using Dispatcher.Workflows;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Dispatcher.Web;

/// <summary>An application's own steps and workflows.</summary>
public static class StepHandlerServices
{
    /// <summary>
    /// A handler as a class with whatever it needs in its constructor. One is resolved for each attempt, in a scope of its own that ends with the attempt;
    /// register it yourself before to choose another lifetime than transient.
    /// </summary>
    public static IServiceCollection AddStepHandler<THandler>(this IServiceCollection services)
        where THandler : class, IStepHandler
    {
        services.TryAddTransient<THandler>();
        return services.AddHandler(provider => new ScopedStepHandler<THandler>(provider.GetRequiredService<IServiceScopeFactory>()));
    }

    /// <summary>A handler that is there already.</summary>
    public static IServiceCollection AddStepHandler(this IServiceCollection services, IStepHandler handler) => services.AddHandler(_ => handler);

    /// <summary>A step without output, as a function.</summary>
    public static IServiceCollection AddStepHandler(this IServiceCollection services, string name, Func<StepContext, Task> body) =>
        services.AddStepHandler(StepFunction.Of(name, body));

    /// <summary>A step that returns its output, as a function.</summary>
    public static IServiceCollection AddStepHandler<TOutput>(this IServiceCollection services, string name, Func<StepContext, Task<TOutput>> body) =>
        services.AddStepHandler(StepFunction.Of(name, body));

    /// <summary>A step with typed input and no output, as a function. The input is the step's <c>with</c>.</summary>
    public static IServiceCollection AddStepHandler<TInput>(this IServiceCollection services, string name, Func<TInput, StepContext, Task> body) =>
        services.AddStepHandler(StepFunction.Of(name, body));

    /// <summary>A step with typed input and output, as a function. The input is the step's <c>with</c>.</summary>
    public static IServiceCollection AddStepHandler<TInput, TOutput>(this IServiceCollection services, string name, Func<TInput, StepContext, Task<TOutput>> body) =>
        services.AddStepHandler(StepFunction.Of(name, body));

    /// <summary>A workflow that is registered for the tenant <c>default</c> when the engine starts, with the functions of its steps.</summary>
    public static IServiceCollection AddWorkflow(this IServiceCollection services, WorkflowDefinition workflow) =>
        services.AddSingleton(new EmbeddedWorkflow(workflow));

    private static IServiceCollection AddHandler(this IServiceCollection services, Func<IServiceProvider, IStepHandler> make) =>
        services.AddSingleton(new EmbeddedHandler(make));
}
