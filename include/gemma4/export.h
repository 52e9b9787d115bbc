/* GEMMA4_API: marks what libgemma4 exports. */
#ifndef GEMMA4_EXPORT_H_
#define GEMMA4_EXPORT_H_

/*
 * Define GEMMA4_STATIC before including any header when linking libgemma4 as an archive.
 */
#if defined(GEMMA4_STATIC)
#define GEMMA4_API
#elif defined(_WIN32)
#if defined(GEMMA4_BUILDING_LIBRARY)
#define GEMMA4_API __declspec(dllexport)
#else
#define GEMMA4_API __declspec(dllimport)
#endif
#else
#define GEMMA4_API __attribute__((visibility("default")))
#endif

#endif /* GEMMA4_EXPORT_H_ */
