using Dispatcher.Workflows;

namespace Dispatcher.Steps.Functions;

/// <summary>Makes step handlers from functions. Input is the step's <c>with</c>; what the function returns is the step's output (<see cref="StepJson"/>).</summary>
public static class StepFunction
{
    /// <summary>A step without output.</summary>
    public static IStepHandler Of(string name, Func<StepContext, Task> body) => new Handler(name, async context =>
    {
        await body(context);
        return StepResult.Completed.Empty;
    });

    /// <summary>A step that returns its output.</summary>
    public static IStepHandler Of<TOutput>(string name, Func<StepContext, Task<TOutput>> body) =>
        new Handler(name, async context => StepJson.Write(await body(context)));

    /// <summary>A step with typed input and no output.</summary>
    public static IStepHandler Of<TInput>(string name, Func<TInput, StepContext, Task> body) => new Handler(name, async context =>
    {
        await body(StepJson.Read<TInput>(context), context);
        return StepResult.Completed.Empty;
    });

    /// <summary>A step with typed input and output.</summary>
    public static IStepHandler Of<TInput, TOutput>(string name, Func<TInput, StepContext, Task<TOutput>> body) =>
        new Handler(name, async context => StepJson.Write(await body(StepJson.Read<TInput>(context), context)));

    private sealed class Handler(string name, Func<StepContext, ValueTask<StepResult>> body) : IStepHandler
    {
        public string Name => name;

        public JsonSchema? With => null;

        public ValueTask<StepResult> Run(StepContext context) => body(context);
    }
}

/// <summary>A step handler with typed input and output, for classes. See <see cref="IStepHandler"/> for what a handler promises.</summary>
public abstract class StepHandler<TInput, TOutput> : IStepHandler
{
    public abstract string Name { get; }

    public virtual JsonSchema? With => null;

    /// <summary>Does the work, with the step's <c>with</c> as its input; what it returns is the step's output.</summary>
    protected abstract Task<TOutput> Run(TInput input, StepContext context);

    async ValueTask<StepResult> IStepHandler.Run(StepContext context) => StepJson.Write(await Run(StepJson.Read<TInput>(context), context));
}
