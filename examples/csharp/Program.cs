// Asks a model one question and prints the answer as it is made: Model.Load, CreateSession,
// GenerateAsync. Ctrl-C ends it.
//
//   dotnet run -- MODEL QUESTION
using System;
using System.Threading;
using Gemma4;

using var cancelled = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancelled.Cancel();
};

using var model = Model.Load(args[0]);
using var session = model.CreateSession();
try
{
    await foreach (var text in session.GenerateAsync(args[1], cancelled.Token)) Console.Write(text);
}
catch (OperationCanceledException)
{
    Console.Write(" ...");
}
Console.WriteLine();
